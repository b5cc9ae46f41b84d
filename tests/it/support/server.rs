//! The real program as a server, in a process of its own, and clients of it.

use std::{
    fs,
    io::{BufRead as _, BufReader},
    path::{Path, PathBuf},
    process::{Child, ChildStdout, Command, ExitStatus, Stdio},
    thread,
    time::Duration,
};

use feedgate::grpc::pb::{
    self, analysis_service_client::AnalysisServiceClient, decision_service_client::DecisionServiceClient,
    directory_service_client::DirectoryServiceClient, policy_service_client::PolicyServiceClient,
    watch_service_client::WatchServiceClient,
};
use tonic::{
    Request, Status,
    metadata::MetadataValue,
    service::{Interceptor, interceptor::InterceptedService},
    transport::{Channel, Endpoint},
};

use super::program::{self, Output, feedgate};

pub type Decisions = DecisionServiceClient<InterceptedService<Channel, Token>>;
pub type Analysis = AnalysisServiceClient<InterceptedService<Channel, Token>>;
pub type Watch = WatchServiceClient<InterceptedService<Channel, Token>>;
pub type People = DirectoryServiceClient<InterceptedService<Channel, Token>>;
pub type Policy = PolicyServiceClient<InterceptedService<Channel, Token>>;

/// Puts a token into every call, if there is one.
#[derive(Clone)]
pub struct Token(Option<String>);

impl Interceptor for Token {
    fn call(&mut self, mut request: Request<()>) -> Result<Request<()>, Status> {
        if let Some(token) = &self.0 {
            let value = MetadataValue::try_from(format!("Bearer {token}")).unwrap();
            request.metadata_mut().insert("authorization", value);
        }
        Ok(request)
    }
}

/// A server on a folder. It is killed when it is dropped.
pub struct Server {
    folder: tempfile::TempDir,
    data: PathBuf,
    flags: Vec<String>,
    /// Any free port, until told otherwise.
    listen: String,
    serving: Option<Serving>,
}

struct Serving {
    child: Child,
    address: String,
    /// Held open: a server that finds nobody at the other end would have something to complain about.
    _stdout: BufReader<ChildStdout>,
}

impl Server {
    /// On a new store.
    pub fn start() -> Self {
        Self::start_with(&[])
    }

    /// On a new store, with further flags of `serve`.
    pub fn start_with(flags: &[&str]) -> Self {
        let folder = tempfile::tempdir().unwrap();
        let data = folder.path().join("data");
        Self::start_there(folder, data, flags)
    }

    /// On a store in this folder.
    pub fn start_in(data: &Path, flags: &[&str]) -> Self {
        Self::start_there(tempfile::tempdir().unwrap(), data.to_owned(), flags)
    }

    fn start_there(folder: tempfile::TempDir, data: PathBuf, flags: &[&str]) -> Self {
        let flags = flags.iter().map(|&flag| flag.to_owned()).collect();
        let listen = "127.0.0.1:0".to_owned();
        let mut server = Self { folder, data, flags, listen, serving: None };
        server.restart();
        server
    }

    /// Where the store and the token are.
    pub fn data(&self) -> PathBuf {
        self.data.clone()
    }

    /// A path for this test alone.
    pub fn path(&self, name: &str) -> PathBuf {
        self.folder.path().join(name)
    }

    /// A file for this test alone.
    pub fn file(&self, name: &str, content: impl AsRef<[u8]>) -> String {
        let path = self.path(name);
        fs::write(&path, content).unwrap();
        path.to_str().unwrap().to_owned()
    }

    pub fn token(&self) -> String {
        fs::read_to_string(self.data().join("admin-token")).unwrap().trim().to_owned()
    }

    pub fn address(&self) -> &str {
        &self.serving.as_ref().expect("it was stopped").address
    }

    /// How much memory it has, in KiB.
    pub fn resident_kib(&self) -> u64 {
        let pid = self.serving.as_ref().expect("it was stopped").child.id();
        let status = fs::read_to_string(format!("/proc/{pid}/status")).unwrap();
        let line = status.lines().find_map(|line| line.strip_prefix("VmRSS:")).unwrap();
        line.trim().trim_end_matches("kB").trim().parse().unwrap()
    }

    /// Starts on the same folder; one that still runs is killed before.
    pub fn restart(&mut self) {
        self.try_restart().unwrap_or_else(|code| panic!("it ended with {code}:\n{}", self.log()));
    }

    /// Starts on the same folder and from now on at this address, which was its own.
    pub fn restart_at(&mut self, address: &str) {
        self.listen = address.to_owned();
        self.restart();
    }

    /// Fails with its exit code if it ends instead of serving.
    pub fn try_restart(&mut self) -> Result<(), i32> {
        self.kill9();
        let log = fs::File::options().create(true).append(true).open(self.path("log")).unwrap();
        let mut command = serve_at(&self.listen, &self.data());
        let mut child = command.args(&self.flags).stdout(Stdio::piped()).stderr(log).spawn().unwrap();
        let mut stdout = BufReader::new(child.stdout.take().unwrap());
        let mut line = String::new();
        stdout.read_line(&mut line).unwrap();
        let Some(address) = line.strip_prefix("listening grpc ") else {
            return Err(child.wait().unwrap().code().unwrap_or(-1));
        };
        let address = address.trim().to_owned();
        self.serving = Some(Serving { child, address, _stdout: stdout });
        Ok(())
    }

    /// Starts on the same folder, and is killed before or after it is ready.
    pub fn crash_while_starting(&mut self, after: Duration) {
        self.kill9();
        let mut command = serve(&self.data());
        let log = fs::File::options().create(true).append(true).open(self.path("log")).unwrap();
        let mut child = command.args(&self.flags).stdout(Stdio::null()).stderr(log).spawn().unwrap();
        thread::sleep(after);
        child.kill().unwrap();
        child.wait().unwrap();
    }

    /// Starts on the same folder, with the token of another server.
    pub fn restart_with_the_token_of(&mut self, other: &Self) {
        self.kill9();
        fs::write(self.data().join("admin-token"), other.token()).unwrap();
        self.restart();
    }

    /// What it has logged, in all its lives.
    pub fn log(&self) -> String {
        fs::read_to_string(self.path("log")).unwrap()
    }

    /// As a crash does.
    pub fn kill9(&mut self) {
        if let Some(mut serving) = self.serving.take() {
            serving.child.kill().unwrap();
            serving.child.wait().unwrap();
        }
    }

    /// As an operator does.
    pub fn stop(&mut self) -> ExitStatus {
        let mut serving = self.serving.take().expect("it was stopped");
        let pid = serving.child.id().to_string();
        assert!(Command::new("kill").args(["-TERM", &pid]).status().unwrap().success());
        serving.child.wait().unwrap()
    }

    fn channel(&self) -> Channel {
        Endpoint::from_shared(format!("http://{}", self.address())).unwrap().connect_lazy()
    }

    /// Asks, with the token.
    pub fn decisions(&self) -> Decisions {
        DecisionServiceClient::with_interceptor(self.channel(), Token(Some(self.token())))
    }

    /// Analyses, with the token.
    pub fn analysis(&self) -> Analysis {
        AnalysisServiceClient::with_interceptor(self.channel(), Token(Some(self.token())))
    }

    /// Follows the policy, with the token.
    pub fn watch(&self) -> Watch {
        WatchServiceClient::with_interceptor(self.channel(), Token(Some(self.token())))
    }

    /// Looks into directories, with the token.
    pub fn people(&self) -> People {
        DirectoryServiceClient::with_interceptor(self.channel(), Token(Some(self.token())))
    }

    /// Administers, with the token.
    pub fn policy(&self) -> Policy {
        PolicyServiceClient::with_interceptor(self.channel(), Token(Some(self.token())))
    }

    pub async fn status(&self) -> pb::GetStatusResponse {
        self.policy().get_status(pb::GetStatusRequest {}).await.unwrap().into_inner()
    }

    /// The program as a client of this server, with the token.
    pub fn command(&self, words: &[&str]) -> Command {
        let mut command = feedgate();
        command.args(words).env("FEEDGATE_SERVER", self.address());
        command.env("FEEDGATE_TOKEN_FILE", self.data().join("admin-token"));
        command
    }

    pub fn cli(&self, words: &[&str]) -> Output {
        self.cli_with(words, b"")
    }

    /// With this on standard input.
    pub fn cli_with(&self, words: &[&str], stdin: &[u8]) -> Output {
        program::run(&mut self.command(words), stdin)
    }
}

impl Drop for Server {
    fn drop(&mut self) {
        self.kill9();
    }
}

/// The program as a server on a folder and any free port.
pub fn serve(data: &Path) -> Command {
    serve_at("127.0.0.1:0", data)
}

fn serve_at(listen: &str, data: &Path) -> Command {
    let mut command = feedgate();
    command.args(["serve", "--listen", listen, "--data"]).arg(data);
    command
}
