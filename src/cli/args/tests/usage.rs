//! Usage lines: every form that a command's usage line shows is one that is parsed, and its words stand in that order.

use clap::{Arg, error::ErrorKind};

use super::Cli;
use crate::cli::args::Command;

#[test]
fn what_a_usage_line_shows_is_parsed() {
    let mut whole = Cli::definition();
    whole.build();
    let (mut forms, mut wrong) = (0, Vec::new());
    for command in leaves(&whole, Vec::new()) {
        for form in usage_of(&command).iter().flat_map(|line| forms_of(line)) {
            wrong.extend(check(&whole, &command, &form).err());
            forms += 1;
        }
    }
    assert!(wrong.is_empty(), "{}", wrong.join("\n\n"));
    assert!(forms > 150, "{forms}");
}

/// The words of every command that has no subcommands.
fn leaves(command: &clap::Command, path: Vec<String>) -> Vec<Vec<String>> {
    let inner = command.get_subcommands().filter(|inner| inner.get_name() != "help");
    let leaves: Vec<_> = inner
        .flat_map(|inner| leaves(inner, [path.clone(), vec![inner.get_name().to_owned()]].concat()))
        .collect();
    if leaves.is_empty() { vec![path] } else { leaves }
}

/// The lines that the help of a command shows as its usage, without `Usage:`.
fn usage_of(command: &[String]) -> Vec<String> {
    let words = ["feedgate".to_owned()].into_iter().chain(command.iter().cloned());
    let error = Cli::read(words.chain(["--help".to_owned()])).unwrap_err();
    assert_eq!(error.kind(), ErrorKind::DisplayHelp, "{command:?}");
    let help = error.to_string();
    let usage = help.split("Usage: ").nth(1).unwrap_or_else(|| panic!("{help}"));
    let usage = usage.split("\n\n").next().unwrap().replace('\n', " ");
    let lines = usage.split("feedgate ").map(str::trim).filter(|line| !line.is_empty());
    lines.map(|line| line.split_whitespace().collect::<Vec<_>>().join(" ")).collect()
}

/// A word that a form of a usage line has.
#[derive(Clone, Debug, PartialEq, Eq)]
enum Word {
    /// As it is typed.
    Literal(String),
    /// A flag's value.
    Value(String),
    /// An argument that stands in its place.
    Positional(String),
}

/// Every form of a usage line: `a [B] <--c <C>|--d>` has four.
fn forms_of(line: &str) -> Vec<Vec<Word>> {
    let mut forms = vec![Vec::new()];
    let mut after_flag = false;
    for token in tokens(line, ' ') {
        let token = token.trim_end_matches('.');
        let options: Vec<Vec<Word>> = if token == "[OPTIONS]" {
            vec![Vec::new()]
        } else if let Some(inner) = token.strip_prefix('[').and_then(|token| token.strip_suffix(']')) {
            let with = forms_of(inner.trim_end_matches('.'));
            std::iter::once(Vec::new()).chain(with).collect()
        } else if let Some(inner) = token.strip_prefix('<').and_then(|token| token.strip_suffix('>')) {
            let choices = tokens(inner, '|');
            // `GRANT_ID|TASK` is the name of one argument, `USER|--group <GROUP>` is a choice.
            if choices.iter().all(|choice| is_name(choice)) {
                vec![vec![if after_flag {
                    Word::Value(inner.into())
                } else {
                    Word::Positional(inner.into())
                }]]
            } else {
                choices.iter().flat_map(|choice| forms_of(choice)).collect()
            }
        } else if is_name(token) {
            vec![vec![Word::Positional(token.into())]]
        } else {
            vec![vec![Word::Literal(token.into())]]
        };
        after_flag = token.starts_with("--") && !token.contains(['<', '|']);
        forms = forms
            .iter()
            .flat_map(|form| options.iter().map(move |option| [form.clone(), option.clone()].concat()))
            .collect();
    }
    forms
}

fn is_name(token: &str) -> bool {
    !token.is_empty() && token.chars().all(|c| c.is_ascii_uppercase() || matches!(c, '_' | ',' | '…'))
}

/// Cuts a text where a character stands outside of brackets.
fn tokens(text: &str, at: char) -> Vec<String> {
    let (mut tokens, mut depth) = (vec![String::new()], 0);
    for c in text.chars() {
        match c {
            '<' | '[' => depth += 1,
            '>' | ']' => depth -= 1,
            _ => {}
        }
        if c == at && depth == 0 {
            tokens.push(String::new());
        } else {
            tokens.last_mut().unwrap().push(c);
        }
    }
    tokens.retain(|token| !token.is_empty());
    tokens
}

/// A value that an argument of this name takes.
fn sample(name: &str) -> String {
    let sample = match name {
        "GRANT_ID" | "GRANT_ID|TASK" | "FROM" | "TO" => "1",
        "SHELL" => "bash",
        "URL" => "https://packages.example",
        _ => "x",
    };
    sample.into()
}

/// Why a form isn't parsed, or what stands elsewhere.
fn check(whole: &clap::Command, command: &[String], form: &[Word]) -> Result<(), String> {
    let words = form.iter().map(|word| match word {
        Word::Literal(word) => word.clone(),
        Word::Value(name) | Word::Positional(name) => sample(name),
    });
    let line: Vec<_> = ["feedgate".to_owned()].into_iter().chain(words).collect();
    let cli = Cli::read(&line).map_err(|error| format!("{}: {error}", line.join(" ")))?;
    if let Command::Administer(typed) = cli.command {
        typed.wish().map_err(|failure| format!("{}: {failure}", line.join(" ")))?;
    }
    let definition = command.iter().fold(whole, |outer, name| outer.find_subcommand(name).unwrap());
    let mut defined = definition.get_positionals().map(name_of);
    for word in form {
        if let Word::Positional(name) = word {
            let mut stands = defined.by_ref().map(|it| it == *name || it.split('|').any(|one| one == name));
            if !stands.any(|stands| stands) {
                return Err(format!("{}: {name} doesn't stand there", line.join(" ")));
            }
        }
    }
    Ok(())
}

fn name_of(argument: &Arg) -> String {
    let names = argument.get_value_names().unwrap_or_default();
    names.iter().map(ToString::to_string).collect::<Vec<_>>().join(" ")
}

#[test]
fn usage_lines_have_their_forms() {
    let words = |line: &str| forms_of(line).len();
    for (line, forms) in [
        ("check [OPTIONS] <USER> <ATTRIBUTE>", 1),
        ("compare [OPTIONS] <FROM> [TO]", 2),
        ("add-member <GROUP> <USER|--user <USER>|--group <GROUP>>...", 3),
        ("grant <TASK> <--user <USER>|--everyone> <--feed <FEED>|--all-feeds>", 4),
    ] {
        assert_eq!(words(line), forms, "{line}");
    }
    assert_eq!(
        forms_of("a <GRANT_ID|TASK> <B|--c <C>>"),
        [
            vec![
                Word::Literal("a".into()),
                Word::Positional("GRANT_ID|TASK".into()),
                Word::Positional("B".into())
            ],
            vec![
                Word::Literal("a".into()),
                Word::Positional("GRANT_ID|TASK".into()),
                Word::Literal("--c".into()),
                Word::Value("C".into()),
            ],
        ]
    );
}
