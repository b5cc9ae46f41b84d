//! `login`: whose name and password these are.

use std::path::Path;

use anyhow::Context as _;
use rpassword::ConfigBuilder;
use secrecy::{ExposeSecret as _, SecretString};

use super::{
    args::{connect::Format, login::Login},
    client::Client,
    failure::{Exit, Failure},
    file, json,
    output::{self, BAD, BOLD, GOOD, paint, plain},
};
use crate::{grpc::pb, model::directory::BUILT_IN_NAME};

pub(super) async fn run(client: &mut Client, typed: Login, format: Format) -> Result<Exit, Failure> {
    let Login { name, directory, password_stdin } = typed;
    let directory = directory.unwrap_or_default();
    let (password, mut new) = if password_stdin {
        lines(file::read(Path::new("-"))?)?
    } else {
        (ask(format!("password of {}: ", plain(&name))).await?, None)
    };
    let first = verify(client, &directory, &name, &password, new.take()).await?;
    let must_change = first.refusal() == pb::LoginRefusal::PasswordMustChange;
    let answer = if must_change && !password_stdin && here(&first) {
        output::remark("the password has to be changed");
        let new = choose(&name).await?;
        verify(client, &directory, &name, &password, Some(new)).await?
    } else {
        first
    };
    let exit = if answer.accepted { Exit::Done } else { Exit::Denied };
    output::answer(
        exit,
        match format {
            Format::Json => json::render("VerifyLoginResponse", &answer)?,
            Format::Table => words(&answer),
        },
    )
}

async fn verify(
    client: &mut Client,
    directory: &str,
    name: &str,
    password: &SecretString,
    new: Option<SecretString>,
) -> Result<pb::VerifyLoginResponse, Failure> {
    let request = client.ask(pb::VerifyLoginRequest {
        directory: directory.to_owned(),
        name: name.to_owned(),
        password: password.expose_secret().to_owned(),
        new_password: new.map(|new| new.expose_secret().to_owned()).unwrap_or_default(),
    });
    let answer = client.directory.verify_login(request).await;
    Ok(answer.map_err(|status| client.failure(status))?.into_inner())
}

/// Whether a password that must be changed is one that can be changed here: the last directory that was asked has it.
fn here(answer: &pb::VerifyLoginResponse) -> bool {
    answer.attempts.last().is_some_and(|attempt| attempt.directory == BUILT_IN_NAME)
}

/// Twice, so that it is the one that was meant.
async fn choose(name: &str) -> Result<SecretString, Failure> {
    loop {
        let once = ask(format!("new password of {}: ", plain(name))).await?;
        let again = ask("the same again: ".to_owned()).await?;
        if once.expose_secret() == again.expose_secret() {
            return Ok(once);
        }
        output::remark("they are different");
    }
}

/// On the terminal, which doesn't show what is typed.
async fn ask(prompt: String) -> Result<SecretString, Failure> {
    let asked = tokio::task::spawn_blocking(move || {
        let hidden = ConfigBuilder::new().password_feedback_hide().build();
        rpassword::prompt_password_with_config(prompt, hidden)
    });
    let typed = asked.await.context("the terminal can't be asked")?;
    typed
        .map(SecretString::from)
        .context("there is no terminal to ask for the password on: `--password-stdin` takes it from standard input")
        .map_err(Failure::Usage)
}

/// A password, and perhaps a new one, a line each.
fn lines(bytes: Vec<u8>) -> Result<(SecretString, Option<SecretString>), Failure> {
    let text = SecretString::from(file::text(bytes, "the password on standard input")?);
    let mut lines = text.expose_secret().lines();
    let (password, new) = (lines.next().unwrap_or_default(), lines.next());
    if lines.next().is_some() {
        return Err(Failure::usage(
            "standard input has more than two lines: a password, and perhaps a new one",
        ));
    }
    Ok((password.into(), new.filter(|new| !new.is_empty()).map(Into::into)))
}

fn words(answer: &pb::VerifyLoginResponse) -> String {
    let pb::VerifyLoginResponse { accepted, user, refusal: _, locked_for, attempts } = answer;
    let mut lines = vec![match user {
        Some(pb::ResolvedUser { directory, id, name }) if *accepted => format!(
            "{}: {} of {}, id {}",
            paint(GOOD, "signed in"),
            paint(BOLD, plain(name)),
            plain(directory),
            plain(id)
        ),
        _ => {
            let wait = locked_for.as_ref().map(|wait| format!(": try again in {} s", wait.seconds + 1));
            let why = refusal(answer.refusal());
            format!("{}: {why}{}", paint(BAD, "refused"), wait.unwrap_or_default())
        }
    }];
    lines.extend(
        attempts
            .iter()
            .map(|attempt| format!("  {}: {}", plain(&attempt.directory), refusal(attempt.refusal()))),
    );
    lines.join("\n")
}

fn refusal(refusal: pb::LoginRefusal) -> &'static str {
    use pb::LoginRefusal as R;
    match refusal {
        R::Unspecified => "it wasn't said why",
        R::UnknownUser => "no such user",
        R::WrongPassword => "the password is wrong",
        R::EmptyPassword => "the password is empty",
        R::Disabled => "the account is disabled",
        R::AccountExpired => "the account has expired",
        R::Locked => "the account is locked after too many failed attempts",
        R::PasswordExpired => "the password has expired",
        R::PasswordMustChange => "the password is right and must be changed first",
        R::NotPermitted => "the directory doesn't let the account sign in here or now",
        R::NewPasswordUnfit => {
            "the new password has less than 8 characters, more than 1,024 bytes, or is the old one"
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn passwords_on_standard_input() {
        for (text, expected) in [
            ("geheim", Ok(("geheim", None))),
            (" ge heim \r\n", Ok((" ge heim ", None))),
            ("old\nnew one\n", Ok(("old", Some("new one")))),
            ("old\n\n", Ok(("old", None))),
            ("\u{feff}old\r\nnew\r\n", Ok(("old", Some("new")))),
            ("", Ok(("", None))),
            (
                "a\nb\nc",
                Err("error: standard input has more than two lines: a password, and perhaps a new one"),
            ),
        ] {
            let read = lines(text.into()).map_err(|failure| failure.to_string());
            let read = read.as_ref().map(|(password, new)| {
                (password.expose_secret(), new.as_ref().map(|new| new.expose_secret()))
            });
            assert_eq!(read.map_err(String::as_str), expected, "{text:?}");
        }
        assert!(lines(vec![0xff]).unwrap_err().to_string().contains("not UTF-8"));
    }
}
