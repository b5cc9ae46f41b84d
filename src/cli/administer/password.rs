//! A password from standard input: an argument would be in the shell's history and everybody's `ps`.

use std::{
    io::{self, IsTerminal as _},
    path::Path,
};

use secrecy::SecretString;

use crate::{
    cli::{failure::Failure, file, output},
    model::edit::{Edit, NewPassword, PrincipalName, SetPassword},
};

/// Reads it, and makes it the user's.
pub(super) fn read(user: PrincipalName, must_change: bool) -> Result<Edit, Failure> {
    if io::stdin().is_terminal() {
        output::remark("type the password, which is shown, then Enter and Ctrl-D");
    }
    let password = NewPassword::Plain(password(file::read(Path::new("-"))?)?);
    Ok(Edit::SetPassword(SetPassword { user, password, must_change }))
}

/// One line, with or without its end. What is wrong with it is said without quoting it.
fn password(bytes: Vec<u8>) -> Result<SecretString, Failure> {
    let mut text = file::text(bytes, "the password on standard input")?;
    let length =
        text.strip_suffix('\n').map_or(text.len(), |line| line.strip_suffix('\r').unwrap_or(line).len());
    text.truncate(length);
    if text.is_empty() {
        return Err(Failure::usage("there is no password on standard input"));
    }
    if text.contains(['\n', '\r']) {
        return Err(Failure::usage("standard input has several lines: a password is one"));
    }
    Ok(SecretString::from(text))
}

#[cfg(test)]
mod tests {
    use secrecy::ExposeSecret as _;

    use super::*;

    #[test]
    fn a_password_is_a_line() {
        for (text, expected) in [
            ("geheim", Ok("geheim")),
            ("geheim\n", Ok("geheim")),
            (" ge heim \r\n", Ok(" ge heim ")),
            ("\u{feff}geheim\r\n", Ok("geheim")),
            ("\u{feff}", Err("error: there is no password on standard input")),
            ("", Err("error: there is no password on standard input")),
            ("\n", Err("error: there is no password on standard input")),
            ("a\nb\n", Err("error: standard input has several lines: a password is one")),
            ("a\n\n", Err("error: standard input has several lines: a password is one")),
        ] {
            let read = password(text.into());
            let read = read.map(|secret| secret.expose_secret().to_owned());
            assert_eq!(
                read.map_err(|failure| failure.to_string()),
                expected.map(Into::into).map_err(Into::into)
            );
        }
        assert!(password(vec![0xff]).unwrap_err().to_string().contains("not UTF-8"));
    }
}
