//! The directories that the tests ask: OpenLDAP and Samba, started by `tests/setup/openldap` and `tests/setup/samba`.
//!
//! `tests/run` starts one of each for all tests, and says in `FEEDGATE_TEST_DIRECTORIES` where they are. A test that
//! stops a server, or wants another certificate of it, starts one of its own.

use std::{
    env, fs,
    path::{Path, PathBuf},
    process::{Command, Stdio},
};

use feedgate::directory::ldap::{ActiveDirectory, ActiveDirectorySettings, LdapDirectory, LdapSettings};
use serde_json::{Map, Value, json};

pub const PASSWORD: &str = "Secret-123";
const VARIABLE: &str = "FEEDGATE_TEST_DIRECTORIES";

fn shared(name: &str) -> PathBuf {
    let folder = env::var_os(VARIABLE).unwrap_or_else(|| {
        panic!("{VARIABLE} isn't set: `tests/run` starts the directories that this test asks, and sets it")
    });
    Path::new(&folder).join(name)
}

/// Runs one of the scripts.
fn setup(script: &str, verb: &str, folder: &Path, environment: &[(&str, &str)]) {
    let script = Path::new(env!("CARGO_MANIFEST_DIR")).join("tests/setup").join(script);
    let output =
        Command::new(script).arg(verb).arg(folder).envs(environment.iter().copied()).output().unwrap();
    assert!(output.status.success(), "{}", String::from_utf8_lossy(&output.stderr));
}

/// Gives a tool of OpenLDAP its input.
fn tool(command: &mut Command, input: &str) {
    use std::io::Write as _;
    let mut child =
        command.stdin(Stdio::piped()).stdout(Stdio::piped()).stderr(Stdio::piped()).spawn().unwrap();
    child.stdin.take().unwrap().write_all(input.as_bytes()).unwrap();
    let output = child.wait_with_output().unwrap();
    // 32: what was to be removed isn't there.
    let fine = matches!(output.status.code(), Some(0 | 32));
    assert!(fine, "{input}\n{}", String::from_utf8_lossy(&output.stderr));
}

fn settings<T: serde::de::DeserializeOwned>(usual: Value, changes: Value) -> T {
    let Value::Object(mut table) = usual else { panic!() };
    let Value::Object(changes) = changes else { panic!("{changes}") };
    let changes: Map<String, Value> = changes;
    table.extend(changes);
    table.retain(|_, value| !value.is_null());
    serde_json::from_value(table.into()).unwrap()
}

/// A server of OpenLDAP.
pub struct OpenLdap {
    folder: PathBuf,
    /// Whether it goes with this.
    own: Option<tempfile::TempDir>,
}

impl OpenLdap {
    pub fn shared() -> Self {
        Self { folder: shared("openldap"), own: None }
    }

    /// One of its own, with this certificate: `server`, `other`, `expired` or `none`.
    pub fn own(certificate: &str) -> Self {
        // In the folder of the others: whoever stops these stops what was left over, too.
        let own = tempfile::tempdir_in(shared("")).unwrap();
        let folder = own.path().join("openldap");
        setup("openldap", "start", &folder, &[("CERTIFICATE", certificate)]);
        Self { folder, own: Some(own) }
    }

    pub fn read(&self, file: &str) -> String {
        fs::read_to_string(self.folder.join(file)).unwrap()
    }

    pub fn path(&self, file: &str) -> PathBuf {
        self.folder.join(file)
    }

    fn ports(&self) -> [u16; 2] {
        let ports: Vec<u16> =
            self.read("ports").split_whitespace().map(|port| port.parse().unwrap()).collect();
        ports.try_into().unwrap()
    }

    /// For LDAP and StartTLS.
    pub fn port(&self) -> u16 {
        self.ports()[0]
    }

    pub fn tls_port(&self) -> u16 {
        self.ports()[1]
    }

    pub fn settings(&self, changes: Value) -> LdapSettings {
        let usual = json!({
            "domain": "mycompany.corp",
            "netbios": {"MYCOMPANY": "mycompany.corp"},
            "hosts": [format!("localhost:{}", self.tls_port())],
            "ca_file": self.path("ca.pem"),
            "bind_dn": "cn=svc-feeds,ou=services,dc=mycompany,dc=corp",
            "bind_password_file": self.path("password"),
            "user_base": "ou=people,dc=mycompany,dc=corp",
            "group_base": "ou=groups,dc=mycompany,dc=corp",
            "disabled_filter": "(employeeType=disabled)",
        });
        settings(usual, changes)
    }

    pub fn directory(&self, changes: Value) -> LdapDirectory {
        LdapDirectory::new(&self.settings(changes)).unwrap()
    }

    /// Makes changes, as LDIF.
    pub fn change(&self, ldif: &str) {
        let mut command = Command::new("ldapmodify");
        command.args(["-x", "-c", "-H", &format!("ldap://127.0.0.1:{}", self.port())]);
        command.args(["-D", "cn=admin,dc=mycompany,dc=corp", "-w", PASSWORD]);
        tool(&mut command, ldif);
    }

    pub fn stop(&self) {
        setup("openldap", "stop", &self.folder, &[]);
    }

    pub fn restart(&self) {
        setup("openldap", "restart", &self.folder, &[]);
    }

    /// Has the server come back with another certificate, `other` or `expired`, or with its own again: `server`.
    pub fn show(&self, certificate: &str) {
        self.stop();
        for kind in ["pem", "key"] {
            let (shown, own) = (self.path(&format!("server.{kind}")), self.path(&format!("own.{kind}")));
            if !own.exists() {
                fs::copy(&shown, &own).unwrap();
            }
            let next =
                if certificate == "server" { own } else { self.path(&format!("{certificate}.{kind}")) };
            fs::copy(next, shown).unwrap();
        }
        self.restart();
    }

    /// Sends the server a signal, such as `CONT`.
    pub fn signal(&self, signal: &str) {
        let process = self.read("process");
        let process = process.split(' ').next().unwrap();
        let sent = Command::new("kill").args([&format!("-{signal}"), process]).status().unwrap();
        assert!(sent.success());
    }

    /// Has the server hang. A signal takes a moment: it is over when every thread has stopped.
    pub fn hang(&self) {
        self.signal("STOP");
        let process = self.read("process");
        let threads = Path::new("/proc").join(process.split(' ').next().unwrap()).join("task");
        let stopped = |thread: fs::DirEntry| {
            let state = fs::read_to_string(thread.path().join("stat")).unwrap();
            state.rsplit(')').next().unwrap().trim_start().starts_with('T')
        };
        while !fs::read_dir(&threads).unwrap().all(|thread| stopped(thread.unwrap())) {
            std::thread::yield_now();
        }
    }

    /// How many searches it has been asked for.
    pub fn searches(&self) -> usize {
        self.read("log").matches(" SRCH base=").count()
    }

    /// How many sign-ins it has been asked for.
    pub fn binds(&self) -> usize {
        // A line follows that says how it went.
        self.read("log")
            .lines()
            .filter(|line| line.contains(" BIND dn=") && line.contains(" method="))
            .count()
    }
}

impl Drop for OpenLdap {
    fn drop(&mut self) {
        if self.own.is_some() {
            setup("openldap", "stop", &self.folder, &[]);
        }
    }
}

/// The domain controller.
pub struct Samba {
    folder: PathBuf,
}

impl Samba {
    pub fn shared() -> Self {
        Self { folder: shared("samba") }
    }

    pub fn path(&self, file: &str) -> PathBuf {
        self.folder.join(file)
    }

    pub fn address(&self) -> String {
        fs::read_to_string(self.folder.join("address")).unwrap().trim().to_owned()
    }

    pub fn directory(&self, changes: Value) -> ActiveDirectory {
        let usual = json!({
            "domain": "mycompany.corp",
            "upn_suffixes": ["mycompany.com"],
            "hosts": [self.address()],
            "ca_file": self.folder.join("ca.pem"),
            "account": "MYCOMPANY\\svc-feeds",
            "bind_password_file": self.folder.join("password"),
        });
        let settings: ActiveDirectorySettings = settings(usual, changes);
        ActiveDirectory::new(&settings).unwrap()
    }

    /// Makes changes, as LDIF.
    pub fn change(&self, ldif: &str) {
        let mut command = Command::new("ldapmodify");
        command.env("LDAPTLS_CACERT", self.folder.join("ca.pem"));
        command.args(["-x", "-c", "-H", &format!("ldaps://{}", self.address())]);
        command.args(["-D", "MYCOMPANY\\Administrator", "-w", "Admin-Secret-123"]);
        tool(&mut command, ldif);
    }
}
