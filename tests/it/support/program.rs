//! The program, run to its end.

use std::{
    io::Write as _,
    process::{Command, Stdio},
    thread,
};

/// What a run of the program came to.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Output {
    pub code: i32,
    pub stdout: String,
    pub stderr: String,
}

impl Output {
    /// Standard output of a run that ended with this code.
    #[track_caller]
    pub fn ended(&self, code: i32) -> &str {
        assert_eq!(self.code, code, "{self:#?}");
        &self.stdout
    }

    /// Standard error of a run that failed with this code and said why.
    #[track_caller]
    pub fn failed(&self, code: i32, why: &str) -> &str {
        self.ended(code);
        assert!(self.stderr.contains(why), "no {why:?} in {self:#?}");
        &self.stderr
    }

    /// Standard output, as the one JSON value that it is.
    #[track_caller]
    pub fn json(&self) -> serde_json::Value {
        serde_json::from_str(self.ended(0)).unwrap_or_else(|error| panic!("{error}: {self:#?}"))
    }
}

/// The program, without the variables that it reads in the environment of whoever runs the tests.
pub fn feedgate() -> Command {
    let mut command = Command::new(env!("CARGO_BIN_EXE_feedgate"));
    for (name, _) in std::env::vars_os() {
        if name.to_string_lossy().starts_with("FEEDGATE_") {
            command.env_remove(name);
        }
    }
    command
}

/// Runs a command to its end with this on standard input.
pub fn run(command: &mut Command, stdin: &[u8]) -> Output {
    let mut child =
        command.stdin(Stdio::piped()).stdout(Stdio::piped()).stderr(Stdio::piped()).spawn().unwrap();
    let mut pipe = child.stdin.take().unwrap();
    let output = thread::scope(|scope| {
        // A program that ends before it has read everything closes the pipe: that is its right.
        scope.spawn(move || pipe.write_all(stdin));
        child.wait_with_output().unwrap()
    });
    Output {
        code: output.status.code().unwrap_or(-1),
        stdout: String::from_utf8(output.stdout).unwrap(),
        stderr: String::from_utf8(output.stderr).unwrap(),
    }
}
