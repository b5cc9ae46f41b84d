//! Command lines, and what is read from them.

mod usage;

use super::*;
use crate::cli::args::{
    connect::Format,
    effective::Matrix,
    lookup::Slice,
    question::{Place, Who},
};

fn read(line: &str) -> Result<Cli, Error> {
    Cli::read(std::iter::once("feedgate").chain(line.split_whitespace()))
}

fn question(line: &str) -> Question {
    match read(line).expect(line).command {
        Command::Check(question) | Command::Explain(question) => question,
        other => panic!("{other:?}"),
    }
}

fn user(name: &str, directory: Option<&str>) -> Who {
    Who::User { name: name.into(), directory: directory.map(Into::into) }
}

#[test]
fn the_definition_is_sound() {
    Cli::definition().debug_assert();
}

#[test]
fn questions() {
    let feed = || Place::Feed("npm".into());
    for (line, who, place) in [
        ("check jdoe Feeds_ViewFeed", user("jdoe", None), Place::System),
        ("check jdoe Feeds_ViewFeed --feed npm", user("jdoe", None), feed()),
        ("check --feed npm jdoe Feeds_ViewFeed", user("jdoe", None), feed()),
        ("check --anonymous Feeds_ViewFeed --feed npm", Who::Anonymous, feed()),
        ("check Feeds_ViewFeed --anonymous --feed npm", Who::Anonymous, feed()),
        ("explain ann Feeds_ViewFeed --directory corp", user("ann", Some("corp")), Place::System),
        ("explain ann Feeds_ViewFeed --feed-group live", user("ann", None), Place::FeedGroup("live".into())),
    ] {
        assert_eq!(question(line), Question { who, attribute: "Feeds_ViewFeed".into(), place }, "{line}");
    }
}

#[test]
fn effective_takes_a_user_or_nobody() {
    for (line, who) in [
        ("effective jdoe --feed npm", user("jdoe", None)),
        ("effective --anonymous --feed npm", Who::Anonymous),
    ] {
        let Command::Effective(effective) = read(line).expect(line).command else { panic!("{line}") };
        assert_eq!(effective, Effective::One { who, place: Place::Feed("npm".into()) });
    }
}

#[test]
fn a_matrix_takes_several() {
    let strings = |words: &[&str]| words.iter().map(|word| (*word).to_owned()).collect();
    let line = "effective --matrix --user jdoe --user ann --directory d --anonymous --all-users --feed npm \
                --feed nuget --attribute A --attribute B";
    for (line, expected) in [
        (
            line,
            Matrix {
                subjects: vec![user("jdoe", Some("d")), user("ann", Some("d")), Who::Anonymous],
                all_users: true,
                feeds: strings(&["npm", "nuget"]),
                attributes: strings(&["A", "B"]),
            },
        ),
        (
            "effective jdoe --matrix",
            Matrix {
                subjects: vec![user("jdoe", None)],
                all_users: false,
                feeds: Vec::new(),
                attributes: Vec::new(),
            },
        ),
    ] {
        let Command::Effective(effective) = read(line).expect(line).command else { panic!("{line}") };
        assert_eq!(effective, Effective::Matrix(expected));
    }
}

#[test]
fn questions_the_other_way_round() {
    let slice = || Slice { limit: Some(5), cursor: Some("c".into()) };
    let Command::WhoCan(found) = read("who-can A --feed npm --limit 5 --cursor c").unwrap().command else {
        panic!()
    };
    assert_eq!(found, WhoCan { attribute: "A".into(), place: Place::Feed("npm".into()), slice: slice() });
    for (line, who) in [
        ("feeds jdoe A --directory d --limit 5 --cursor c", user("jdoe", Some("d"))),
        ("feeds --anonymous A --limit 5 --cursor c", Who::Anonymous),
    ] {
        let Command::Feeds(found) = read(line).expect(line).command else { panic!("{line}") };
        assert_eq!(found, Feeds { who, attribute: "A".into(), slice: slice() });
    }
    for (line, who) in
        [("promotion jdoe a b", user("jdoe", None)), ("promotion --anonymous a b", Who::Anonymous)]
    {
        let Command::Promotion(found) = read(line).expect(line).command else { panic!("{line}") };
        assert_eq!(found, Promotion { who, source: "a".into(), target: "b".into() });
    }
}

#[test]
fn client_flags_stand_before_or_after_the_command() {
    for line in [
        "--server unix:/run/fg --token-file t --output json status",
        "status --server unix:/run/fg --token-file t --output json",
    ] {
        let connect = read(line).expect(line).connect;
        assert_eq!(connect.server().unwrap(), "unix:/run/fg".parse().unwrap());
        assert_eq!((connect.token_file(), connect.format()), (Some("t".into()), Format::Json));
    }
}

#[test]
fn the_spellings_that_scripts_lean_on() {
    for line in [
        "serve --data d",
        "serve --config c.toml",
        "serve --data d --listen 127.0.0.1:0 --uds /run/fg --config c.toml",
        "demo",
        "demo --once --listen 127.0.0.1:7420",
        "batch -",
        "batch questions.csv",
        "apply -f p.yaml --dry-run --prune",
        "apply -f p.yaml --preview --prune --groups 100",
        "apply -f p.yaml --preview --members c",
        "compare 0",
        "compare 0 1 --groups 7 --members c",
        "lint",
        "lint --code without_view --code EMPTY_GROUP --min-severity info --fail-on never --limit 10000 --cursor c",
        "lint --suppressions s.yaml --show-suppressed",
        "who-can A",
        "who-can A --feed-group live",
        "watch",
        "watch --snapshot --heartbeat 1m --no-resume --show-checkpoints",
        "watch --after 17 --until-current --kind users --kind feed-groups --output json",
        "watch --after 5ac2a1d0bd76f7f1:17 --kind settings",
        "history",
        "history --limit 5 --after 17 --kind grants --actor admin-token",
        "export",
        "export --to p.yaml",
        "import proget --tasks t --users u --groups g --permissions p --feeds f --directory d --dry-run --prune",
        "import proget --tasks t",
        "import proget --tasks t --hybrid corp,ldap.example,built-in --confirm-rebinding --dry-run",
        "test a.test.yaml",
        "test a.test.yaml - --junit out.xml --output json",
        "status --output json",
        "list attributes",
        "list tasks",
        "list directories",
        "list users --prefix j --directory corp",
        "list groups",
        "list members Developers --directory corp",
        "list feed-groups --prefix l",
        "list feeds --prefix n --feed-group live --type nuget",
        "list connectors",
        "list grants --user ann --directory corp --feed npm --task Administer --effect restrict",
        "list grants --authenticated --directory corp --all-feeds",
        "list grants --everyone --feed-group live",
        "completions zsh",
    ] {
        assert!(read(line).is_ok(), "{line}");
    }
}

/// Wrong use ends with 2 and says what is wrong.
#[test]
fn wrong_use() {
    for (line, message) in [
        ("", "Usage: feedgate"),
        ("check", "the following required arguments were not provided:\n  <USER>"),
        ("check Feeds_ViewFeed", "`Feeds_ViewFeed` is one word, and a question takes two: USER ATTRIBUTE"),
        ("check --anonymous jdoe Feeds_ViewFeed", "`--anonymous` stands instead of a user: leave out `jdoe`"),
        ("check --anonymous", "name an ATTRIBUTE, such as"),
        (
            "check jdoe",
            "\n\nUsage: feedgate check [OPTIONS] <USER> <ATTRIBUTE>\n       feedgate check [OPTIONS] --anonymous",
        ),
        (
            "effective",
            "signed in\n\nUsage: feedgate effective [OPTIONS] <USER>\n       feedgate effective [OPTIONS] --anonymous\n       \
             feedgate effective [OPTIONS] --matrix <--user",
        ),
        ("check jdoe A --feed f --feed-group g", "cannot be used with '--feed-group <GROUP>'"),
        ("check --anonymous A --directory d", "cannot be used with '--directory <DIR>'"),
        ("effective", "whose rights?"),
        ("effective jdoe --anonymous", "`--anonymous` stands instead of a user: leave out `jdoe`"),
        ("effective --matrix", "whose rights? `--user`, `--all-users` and `--anonymous` say what rows"),
        ("effective jdoe --feed a --feed b", "several feeds make a matrix"),
        ("effective jdoe --attribute A", "required arguments were not provided"),
        ("effective --anonymous --directory d", "`--directory` is the directory of users"),
        ("effective jdoe --matrix --feed-group g", "cannot be used with"),
        ("who-can", "<ATTRIBUTE>"),
        ("who-can A --feed f --feed-group g", "cannot be used with"),
        ("who-can A --limit 0", "0 is not in 1.."),
        ("feeds jdoe", "a question takes two: USER ATTRIBUTE"),
        ("promotion jdoe a", "a promotion takes three words"),
        ("promotion --anonymous jdoe a b", "leave out `jdoe`"),
        ("lint --code NOPE", "invalid value 'NOPE' for '--code <CODE>'"),
        ("lint --limit 10001", "10001 is not in 1..=10000"),
        ("compare x", "a revision is a number: `feedgate status` says which is the newest"),
        ("compare 1 -x", "unexpected argument"),
        ("compare 1 1.5", "a revision is a number"),
        ("apply -f p --preview --dry-run", "cannot be used with"),
        ("apply -f p --groups 7", "--preview"),
        ("apply -f p --members c", "--preview"),
        ("compare", "<FROM>"),
        ("watch --after x", "a revision is a number, or STORE:NUMBER"),
        ("watch --after 1 --snapshot", "cannot be used with"),
        ("watch --kind memberships", "[possible values: attributes, tasks, directories, users, groups, "),
        ("watch --heartbeat 10ms", "it takes 1s to 1h"),
        ("watch --heartbeat 10", "time unit needed"),
        ("history --limit 0", "0 is not in 1..=10000"),
        ("compare 1 --groups 0", "0 is not in 1..=1000"),
        ("serve", "--data <DIR>"),
        ("demo --listen 0.0.0.0:1", "is not a loopback address"),
        ("serve --data d --server a:1", "`--server` is for commands that ask a server"),
        ("--output json serve --data d", "`--output` is for commands that ask a server"),
        ("test a.test.yaml --server a:1", "`--server` is for commands that ask a server"),
        ("test", "required arguments were not provided:\n  <FILE>..."),
        ("fsck --data d --server a:1", "`--server` is for commands that ask a server"),
        ("restore f", "--data <DIR>"),
        ("restore f --data d --check", "cannot be used with"),
        ("backup f --scratch d", "--data <DIR>"),
        ("backup f --data d --server a:1", "cannot be used with"),
        ("completions bash --token-file t", "`--token-file` is for commands that ask a server"),
        (
            "status --server https://a:443",
            "TLS comes in a later release; use a loopback address or a Unix socket",
        ),
        ("--cert c status", "TLS comes in a later release; use a loopback address or a Unix socket"),
        ("check a b --key k", "TLS comes in a later release; use a loopback address or a Unix socket"),
        ("status --output xml", "[possible values: table, json]"),
        ("status --ca ca.pem", "TLS comes in a later release; use a loopback address or a Unix socket"),
        ("export -o p.yaml", "unexpected argument '-o'"),
        ("import proget --tasks t --hybrid a,b --directory c", "cannot be used with '--directory <DIR>'"),
        ("import proget --tasks t --confirm-rebinding", "--hybrid"),
        ("import proget", "required arguments were not provided"),
        ("list grants --user a --group b", "cannot be used with"),
        ("list grants --everyone --directory d", "cannot be used with"),
        ("list grants --directory d", "required arguments were not provided"),
    ] {
        let error = read(line).expect_err(line);
        let text = error.to_string();
        assert!(text.contains(message), "{line}: {text}");
        assert_eq!(error.exit_code(), 2, "{line}");
    }
}

/// A suggestion that isn't similar to what was typed misleads.
#[test]
fn only_similar_arguments_are_suggested() {
    for (line, suggested) in [
        ("grant T --usr ann --all-feeds", Some("'--user'")),
        ("check a b --fed npm", Some("'--feed'")),
        ("group show g --user ann", None),
        ("list tasks --user ann", None),
    ] {
        let text = read(line).expect_err(line).to_string();
        assert_eq!(text.contains("similar argument exists"), suggested.is_some(), "{line}: {text}");
        assert!(suggested.is_none_or(|suggested| text.contains(suggested)), "{line}: {text}");
    }
}

/// Flags are shown where they are of use.
#[test]
fn client_flags_are_shown_with_client_commands() {
    let help = |line: &str| read(&format!("{line} --help")).expect_err(line).to_string();
    for line in ["serve", "demo", "completions"] {
        let text = help(line);
        assert!(!text.contains("--server") && !text.contains("Server and output"), "{line}: {text}");
    }
    let text = help("test");
    assert!(text.contains("--output") && !text.contains("--server"), "{text}");
    for line in ["", "check", "batch", "import proget", "list grants", "grant", "feed edit"] {
        let text = help(line);
        assert!(text.contains("--server") && text.contains("FEEDGATE_TOKEN_FILE"), "{line}: {text}");
        assert!(!text.contains("--cert"), "{line}: {text}");
    }
}

/// Every command teaches: an example, and for all that can fail what the exit codes mean.
#[test]
fn help_teaches() {
    for line in [
        "serve",
        "demo",
        "check",
        "explain",
        "effective",
        "who-can",
        "feeds",
        "promotion",
        "lint",
        "compare",
        "watch",
        "history",
        "batch",
        "apply",
        "export",
        "test",
        "import proget",
        "status",
        "list",
        "grant",
        "restrict",
        "revoke",
        "user",
        "group",
        "feed",
        "feed-group",
        "connector",
        "task",
        "attribute",
    ] {
        let help = read(&format!("{line} --help")).expect_err(line);
        assert_eq!(help.exit_code(), 0, "{line}");
        let text = help.to_string();
        assert!(text.contains("Example") && text.contains("Exit codes"), "{line}: {text}");
    }
}

/// Texts that were broken into lines by hand fit into a terminal of the usual width.
#[test]
fn help_is_not_broken_twice() {
    fn check(command: &clap::Command) {
        let text = command.get_after_long_help().map(ToString::to_string).unwrap_or_default();
        for line in text.lines() {
            assert!(line.chars().count() <= 78, "{}: {line}", command.get_name());
        }
        command.get_subcommands().for_each(check);
    }
    check(&Cli::definition());
}
