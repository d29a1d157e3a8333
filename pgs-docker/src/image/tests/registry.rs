//! A registry of this test's own: Debian's `docker-registry` on a loopback port, with a password.

use std::{
    fs,
    net::{TcpListener, TcpStream},
    path::Path,
    process::Command,
};
use tempfile::TempDir;
use testkit::{Program, until};

pub(super) struct Registry {
    /// Its host and port.
    pub(super) name: String,
    _program: Program,
    _dir: TempDir,
}

impl Registry {
    /// Starts one, or says why there is none.
    pub(super) fn start(test: &str) -> Option<Self> {
        if !Path::new(PROGRAM).exists() {
            testkit::skip(test, "there is no docker-registry on this machine");
            return None;
        }
        let dir = tempfile::tempdir().unwrap();
        let name = format!("127.0.0.1:{}", free_port());
        let config = dir.path().join("config.yml");
        fs::write(dir.path().join("htpasswd"), format!("{USER}:{HASH}\n")).unwrap();
        fs::write(&config, configuration(dir.path(), &name)).unwrap();
        let mut command: Command = Program::command(PROGRAM);
        let program = Program::start(command.arg("serve").arg(config));
        until("the registry listens", || TcpStream::connect(&name).is_ok());
        Some(Self {
            name,
            _program: program,
            _dir: dir,
        })
    }
}

fn configuration(dir: &Path, address: &str) -> String {
    let dir = dir.display();
    format!(
        "version: 0.1\nlog: {{level: error}}\nhttp: {{addr: '{address}'}}\n\
         storage: {{filesystem: {{rootdirectory: '{dir}/data'}}}}\n\
         auth: {{htpasswd: {{realm: test, path: '{dir}/htpasswd'}}}}\n"
    )
}

fn free_port() -> u16 {
    let listener = TcpListener::bind("127.0.0.1:0").unwrap();
    listener.local_addr().unwrap().port()
}

const PROGRAM: &str = "/usr/bin/docker-registry";
pub(super) const USER: &str = "tester";
/// Wherever it lands in base64, the alphabets differ in it.
pub(super) const PASSWORD: &str = "kw~?>kw~?>kw~?>k";
/// The same, by bcrypt with its lowest cost.
const HASH: &str = "$2b$04$XhbC1BkPFkNxJY1y.4w07.rLI3Bp5FFKoepMNHzHGmk5WBqACrgDe";
