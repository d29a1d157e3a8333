//! The example's containers under a name, a port and a state directory of the test's own.

use std::{
    fs::{self, Permissions},
    io::{BufRead, BufReader},
    os::unix::fs::PermissionsExt,
    path::{Path, PathBuf},
    process::{Command, Output, Stdio},
};
use tempfile::TempDir;
use testkit::{Docker, skip};

/// Everything it made is gone with the value.
pub(super) struct Project {
    docker: Docker,
    /// `docker compose`, or the older `docker-compose`.
    compose: &'static [&'static str],
    name: String,
    directory: TempDir,
}

impl Project {
    /// Builds the image of the repository's Dockerfile. None where that cannot be: the skip is printed and counted.
    pub(super) fn build() -> Option<Self> {
        let docker = Docker::find(WHAT)?;
        let Some(compose) = COMPOSE.into_iter().find(|words| answers(words)) else {
            skip(WHAT, "there is no Compose: cargo xtask setup --docker");
            return None;
        };
        let directory = tempfile::Builder::new()
            .prefix("pgs-compose-")
            .rand_bytes(8)
            .tempdir()
            .unwrap();
        let name = directory.path().file_name().unwrap().to_str().unwrap();
        let project = Self {
            docker,
            compose,
            name: name.to_lowercase(),
            directory,
        };
        fs::create_dir(project.state_dir()).unwrap();
        fs::write(project.state_dir().join("pgs.toml"), project.images()).unwrap();
        project.build_stand_in();
        if !project.binary_runs() {
            return None;
        }
        let [compiler, runtime] = [project.stand_in(), project.docker.image_18.clone()];
        project.compose(&[
            "build",
            "--build-arg",
            &format!("BUILD_IMAGE={compiler}"),
            "--build-arg",
            &format!("RUNTIME_IMAGE={runtime}"),
        ]);
        Some(project)
    }

    pub(super) fn state_dir(&self) -> PathBuf {
        self.directory.path().join("state")
    }

    /// `docker compose up`, until clients are listened to. Answers the port of the host.
    pub(super) fn up(&self, options: &[&str]) -> u16 {
        self.compose(&[&["up", "--detach"], options].concat());
        self.await_listening();
        let address = self.compose(&["port", "pgs", "5432"]);
        assert!(address.starts_with("127.0.0.1:"), "{address}");
        address.trim().rsplit(':').next().unwrap().parse().unwrap()
    }

    /// What `docker compose exec pgs pgs ...` prints.
    pub(super) fn pgs(&self, args: &[&str]) -> String {
        self.compose(&[&["exec", "-T", "pgs", "pgs"], args].concat())
    }

    pub(super) fn compose(&self, args: &[&str]) -> String {
        succeeded(args, self.compose_command(args).output().unwrap())
    }

    pub(super) fn docker(&self, args: &[&str]) -> String {
        succeeded(args, self.docker_command(args).output().unwrap())
    }

    /// The image of `pgs`, run by hand.
    pub(super) fn run(&self, options: &[&str], args: &[&str]) -> Output {
        let image = self.image();
        self.docker_command(&[&["run", "--rm"], options, &[&image], args].concat())
            .output()
            .unwrap()
    }

    /// Where the engine's socket is, as a mount's source.
    pub(super) fn socket(&self) -> &str {
        let host = &self.docker.host;
        host.strip_prefix("unix://").unwrap_or(host)
    }

    /// The ids of what the engine has of this installation's, running or not.
    pub(super) fn tenants(&self, list: &[&str]) -> Vec<String> {
        let label = format!("label=pgs.installation={}", self.state_dir().display());
        let found = self.docker(&[list, &["--quiet", "--filter", &label]].concat());
        found.lines().map(str::to_owned).collect()
    }

    /// What was built, whose name is another with each kind of Compose.
    fn image(&self) -> String {
        self.compose(&["images", "--quiet", "pgs"])
            .trim()
            .to_owned()
    }

    fn stand_in(&self) -> String {
        format!("pgs-test/{}", self.name)
    }

    fn images(&self) -> String {
        let Docker {
            image_18, image_15, ..
        } = &self.docker;
        format!("[docker.images]\n18 = {image_18:?}\n15 = {image_15:?}\n")
    }

    /// No registry is needed that has Rust, nor the minutes that compiling takes: a stand-in's `cargo` lays down the
    /// binary that all tests run, where the build stage would leave an optimised one. That it compiles there is not shown.
    fn build_stand_in(&self) {
        let context = self.directory.path().join("stand-in");
        fs::create_dir(&context).unwrap();
        fs::copy(env!("CARGO_BIN_EXE_pgs"), context.join("pgs")).unwrap();
        fs::write(context.join("Dockerfile"), include_str!("Dockerfile")).unwrap();
        let cargo = context.join("cargo.sh");
        fs::write(&cargo, include_str!("cargo.sh")).unwrap();
        fs::set_permissions(cargo, Permissions::from_mode(0o755)).unwrap();
        self.docker(&[
            "build",
            "--quiet",
            "--force-rm",
            &format!("--build-arg=BASE={}", self.docker.image_18),
            &format!("--build-arg=OWNER={}", self.name),
            &format!("--tag={}", self.stand_in()),
            context.to_str().unwrap(),
        ]);
    }

    /// One that was linked on a newer system than the image's does not.
    fn binary_runs(&self) -> bool {
        let image = self.stand_in();
        let args = [
            "run",
            "--rm",
            "--entrypoint=/usr/local/lib/pgs",
            &image,
            "--version",
        ];
        let output = self.docker_command(&args).output().unwrap();
        let words = String::from_utf8_lossy(&output.stderr);
        if words.contains("GLIBC") {
            skip(
                WHAT,
                "this machine's C library is newer than that of the image",
            );
            return false;
        }
        assert!(output.status.success(), "{output:?}");
        true
    }

    fn await_listening(&self) {
        let container = self.compose(&["ps", "--quiet", "pgs"]);
        let mut follow = self.docker_command(&["logs", "--follow", container.trim()]);
        let mut logs = follow
            .stdout(Stdio::piped())
            .stderr(Stdio::null())
            .spawn()
            .unwrap();
        let lines = BufReader::new(logs.stdout.take().unwrap()).lines();
        let listens = lines
            .map_while(Result::ok)
            .any(|line| line.starts_with("Listening on 0.0.0.0:5432"));
        drop(logs.kill());
        drop(logs.wait());
        assert!(listens, "{}", self.compose(&["logs"]));
    }

    fn compose_command(&self, args: &[&str]) -> Command {
        let (program, first) = self.compose.split_first().unwrap();
        let mut command = Command::new(program);
        self.point(command.args(first).args(args));
        command
    }

    fn docker_command(&self, args: &[&str]) -> Command {
        let mut command = Command::new("docker");
        self.point(command.args(args));
        command
    }

    /// The example as it is, with its own variables only.
    fn point(&self, command: &mut Command) {
        let example = Path::new(env!("CARGO_MANIFEST_DIR")).join("../../examples/compose");
        command
            .env("COMPOSE_FILE", example.join("compose.yaml"))
            .env("COMPOSE_PROJECT_NAME", &self.name)
            .env("PGS_STATE_DIR", self.state_dir())
            .env("PGS_DOCKER_SOCKET", self.socket())
            .env("PGS_PORT", "0")
            .env("DOCKER_HOST", &self.docker.host)
            .env_remove("DOCKER_CONTEXT")
            // The one builder that every engine has.
            .env("DOCKER_BUILDKIT", "0")
            .env("COMPOSE_DOCKER_CLI_BUILD", "0")
            .stdin(Stdio::null());
    }
}

impl Drop for Project {
    fn drop(&mut self) {
        let attempt = |args: &[&str]| drop(self.docker_command(args).output());
        let down = ["down", "--volumes", "--rmi=local", "--timeout=0"];
        drop(self.compose_command(&down).output());
        for (list, remove) in [
            (["ps", "--all"], ["rm", "--force", "--volumes"].as_slice()),
            (["volume", "ls"], &["volume", "rm"]),
        ] {
            for left in self.tenants(&list) {
                attempt(&[remove, &[&left]].concat());
            }
        }
        // What root made in there is root's to remove, whoever runs the test.
        let (volume, image) = (
            format!("--volume={}:/made", self.directory.path().display()),
            self.stand_in(),
        );
        let clear = ["run", "--rm", "--entrypoint=/bin/rm", &volume, &image];
        attempt(&[&clear, ["-rf", "/made/state"].as_slice()].concat());
        attempt(&["image", "rm", "--force", &image]);
        let label = format!("label=pgs-test.compose={}", self.name);
        attempt(&["image", "prune", "--force", "--filter", &label]);
    }
}

fn answers(words: &[&str]) -> bool {
    let (program, first) = words.split_first().unwrap();
    let output = Command::new(program).args(first).arg("version").output();
    output.is_ok_and(|output| output.status.success())
}

fn succeeded(args: &[&str], output: Output) -> String {
    assert!(output.status.success(), "{args:?}: {output:?}");
    String::from_utf8(output.stdout).unwrap()
}

const COMPOSE: [&[&str]; 2] = [&["docker", "compose"], &["docker-compose"]];
const WHAT: &str = "the example for Compose";
