//! Images on a real engine, from a real registry.

mod archive;
mod registry;

use super::*;
use crate::engine::{Engine, Surroundings};
use archive::Loaded;
use base64::{Engine as _, prelude::BASE64_STANDARD};
use bollard::{auth::DockerCredentials, query_parameters::PushImageOptionsBuilder};
use futures_util::StreamExt;
use pgs_core::{
    ErrorKind,
    provision::{Progress, Silent, Step},
};
use registry::{PASSWORD, Registry, USER};
use serde_json::json;
use std::{fs, os::unix::fs::PermissionsExt, path::Path, process::Command, sync::Mutex};
use tempfile::TempDir;
use testkit::{Program, within};

#[derive(Debug, Default)]
struct Heard(Mutex<Vec<String>>);

impl Progress for Heard {
    fn begin(&self, step: Step) {
        self.0.lock().unwrap().push(step.what.to_owned());
    }
    fn detail(&self, text: &str) {
        self.0.lock().unwrap().push(text.to_owned());
    }
}

/// The engine that the tests may use, with a Docker configuration of this test's own.
fn real(test: &str, config: &str) -> Option<(Engine, TempDir)> {
    let Ok(host) = std::env::var("PGS_TEST_DOCKER") else {
        testkit::skip(test, "PGS_TEST_DOCKER names no engine");
        return None;
    };
    let dir = tempfile::tempdir().unwrap();
    fs::write(dir.path().join("config.json"), config).unwrap();
    let surroundings = Surroundings {
        config_dir: Some(dir.path().to_owned()),
        ..Surroundings::default()
    };
    Some((Engine::open_in(Some(&host), &surroundings).unwrap(), dir))
}

fn login(registry: &Registry, password: &str) -> String {
    let auth = BASE64_STANDARD.encode(format!("{USER}:{password}"));
    json!({ "auths": { &registry.name: { "auth": auth } } }).to_string()
}

fn configure(dir: &TempDir, config: &str) {
    fs::write(dir.path().join("config.json"), config).unwrap();
}

/// An image that the registry has, and the engine no longer.
async fn pushed(engine: &Engine, registry: &Registry) -> Loaded {
    let image = Loaded::new(engine, &format!("{}/pgs/x:1", registry.name)).await;
    let repository = format!("{}/pgs/x", registry.name);
    let options = PushImageOptionsBuilder::new().tag("1").build();
    let credentials = DockerCredentials {
        username: Some(USER.to_owned()),
        password: Some(PASSWORD.to_owned()),
        ..DockerCredentials::default()
    };
    let docker = engine.docker();
    let mut messages = Box::pin(docker.push_image(&repository, Some(options), Some(credentials)));
    while let Some(message) = within("the push", messages.next()).await {
        message.unwrap();
    }
    image.remove().await;
    image
}

#[tokio::test]
async fn an_image_that_is_missing_is_pulled_with_the_users_credentials() {
    const TEST: &str = "an_image_that_is_missing_is_pulled_with_the_users_credentials";
    let Some(registry) = Registry::start(TEST) else {
        return;
    };
    let Some((engine, _config)) = real(TEST, &login(&registry, PASSWORD)) else {
        return;
    };
    let loaded = pushed(&engine, &registry).await;
    let heard = Heard::default();
    let image = within("the pull", ensure(&engine, &loaded.name, true, &heard)).await;
    let image = image.unwrap();
    let heard = heard.0.into_inner().unwrap();
    println!("{heard:?}\n{image:?}");
    assert_eq!(heard[0], "pulling the image");
    assert!(heard.iter().any(|text| text.contains(" of 3")), "{heard:?}");

    let digest = image.digest.clone().unwrap();
    assert!(
        digest.starts_with(&format!("{}/pgs/x@sha256:", registry.name)),
        "{digest}"
    );
    assert_eq!((image.pinned(), image.pg_major()), (&*digest, Some(18)));
    assert_eq!(
        (image.env["EMPTY"].as_str(), image.env["EQUAL"].as_str()),
        ("", "a=b")
    );

    let heard = Heard::default();
    let again = ensure(&engine, &digest, true, &heard).await.unwrap();
    assert_eq!((again.id, again.digest), (image.id, Some(digest.clone())));
    assert!(heard.0.into_inner().unwrap().is_empty());

    loaded.remove().await;
    let by_digest = ensure(&engine, &digest, true, &Silent).await.unwrap();
    assert_eq!(by_digest.digest.as_deref(), Some(&*digest));
    let options = None::<bollard::query_parameters::RemoveImageOptions>;
    engine
        .docker()
        .remove_image(&digest, options, None)
        .await
        .unwrap();
}

#[tokio::test]
async fn a_pull_without_the_right_credentials_says_how_to_log_in() {
    const TEST: &str = "a_pull_without_the_right_credentials_says_how_to_log_in";
    let Some(registry) = Registry::start(TEST) else {
        return;
    };
    let Some((engine, config)) = real(TEST, "{}") else {
        return;
    };
    let loaded = pushed(&engine, &registry).await;
    for text in [
        "{}".to_owned(),
        login(&registry, "wrong"),
        login(&registry, ""),
    ] {
        configure(&config, &text);
        let error = ensure(&engine, &loaded.name, true, &Silent)
            .await
            .unwrap_err();
        println!("{error:?}\n");
        assert_eq!(error.kind(), ErrorKind::PermissionDenied);
        assert!(error.to_string().contains(&loaded.name));
        let remedy = format!("docker login {}", registry.name);
        assert!(error.remedy().unwrap().contains(&remedy));
        assert!(!format!("{error:?}").contains("wrong"));
    }
    configure(&config, "{");
    let error = ensure(&engine, &loaded.name, true, &Silent)
        .await
        .unwrap_err();
    println!("{error:?}\n");
    assert!(
        error.chain().contains("config.json` is damaged"),
        "{error:?}"
    );
}

#[tokio::test]
async fn credentials_come_from_a_helper_program_as_well() {
    const TEST: &str = "credentials_come_from_a_helper_program_as_well";
    let Some(registry) = Registry::start(TEST) else {
        return;
    };
    let Some((engine, config)) = real(TEST, "{}") else {
        return;
    };
    // Helpers are found in PATH, which a process cannot change for itself: the test goes on in another one.
    let Some(programs) = std::env::var_os(HELPERS) else {
        return again_with_helpers(&format!("image::tests::{TEST}"));
    };
    let loaded = pushed(&engine, &registry).await;
    for (what, script, works) in [
        ("credHelpers", HELPER_THAT_KNOWS, true),
        ("credHelpers", HELPER_THAT_KNOWS_NOBODY, false),
        ("credHelpers", HELPER_THAT_FAILS, false),
        ("credsStore", HELPER_THAT_KNOWS, true),
    ] {
        write_helper(Path::new(&programs), script);
        configure(&config, &helper_config(what, &registry));
        let pulled = ensure(&engine, &loaded.name, true, &Silent).await;
        println!("{pulled:?}\n");
        assert_eq!(pulled.is_ok(), works, "{what}: {pulled:?}");
        let failed = format!("{pulled:?}").contains("the keyring is locked");
        assert_eq!(failed, script == HELPER_THAT_FAILS);
        loaded.remove().await;
    }
}

fn again_with_helpers(test: &str) {
    let programs = tempfile::tempdir().unwrap();
    let mut command = Command::new(std::env::current_exe().unwrap());
    command
        .args(["--exact", "--nocapture", test])
        .env(HELPERS, programs.path())
        .env(
            "PATH",
            format!("{}:/usr/bin:/bin", programs.path().display()),
        );
    let said = Program::succeed(&mut command);
    println!("{said}");
    assert!(said.contains("1 passed"));
}

fn write_helper(programs: &Path, script: &str) {
    let path = programs.join("docker-credential-test");
    fs::write(&path, script).unwrap();
    fs::set_permissions(&path, fs::Permissions::from_mode(0o755)).unwrap();
}

fn helper_config(what: &str, registry: &Registry) -> String {
    match what {
        "credHelpers" => json!({ what: { &registry.name: "test" } }).to_string(),
        _ => json!({ what: "test" }).to_string(),
    }
}

#[tokio::test]
async fn what_cannot_be_had_says_what_to_do() {
    const TEST: &str = "what_cannot_be_had_says_what_to_do";
    let Some(registry) = Registry::start(TEST) else {
        return;
    };
    let Some((engine, _config)) = real(TEST, &login(&registry, PASSWORD)) else {
        return;
    };
    let loaded = pushed(&engine, &registry).await;
    let unknown_tag = format!("{}/pgs/x:2", registry.name);
    let unknown_name = format!("{}/pgs/y:1", registry.name);
    let id = format!("sha256:{}", "0a".repeat(32));
    for (name, pull, kind, remedy) in [
        (
            &*loaded.name,
            false,
            ErrorKind::MissingDependency,
            format!("docker pull {}", loaded.name),
        ),
        (
            &unknown_tag,
            true,
            ErrorKind::MissingDependency,
            "[docker] image = ...".to_owned(),
        ),
        (
            &unknown_name,
            true,
            ErrorKind::MissingDependency,
            "[docker] image = ...".to_owned(),
        ),
        (
            &id,
            true,
            ErrorKind::MissingDependency,
            "docker image ls".to_owned(),
        ),
        (
            "127.0.0.1:9/x:1",
            true,
            ErrorKind::MissingDependency,
            "docker pull 127.0.0.1:9/x:1".to_owned(),
        ),
        (
            "registry.invalid/x:1",
            true,
            ErrorKind::MissingDependency,
            "docker load".to_owned(),
        ),
        (
            "Postgres",
            true,
            ErrorKind::InvalidInput,
            "[host[:port]/]name".to_owned(),
        ),
    ] {
        let error = within(name, ensure(&engine, name, pull, &Silent))
            .await
            .unwrap_err();
        println!("{error:?}\n");
        assert_eq!(error.kind(), kind, "{error:?}");
        assert!(error.to_string().contains(name), "{error:?}");
        assert!(error.remedy().unwrap().contains(&remedy), "{error:?}");
    }
}

#[tokio::test]
async fn an_image_that_was_built_here_is_pinned_by_its_id() {
    const TEST: &str = "an_image_that_was_built_here_is_pinned_by_its_id";
    let Some((engine, _config)) = real(TEST, "{}") else {
        return;
    };
    let name = format!("pgs-test/built-here:{}", std::process::id());
    let loaded = Loaded::new(&engine, &name).await;
    let image = ensure(&engine, &name, false, &Silent).await;
    let image = image.unwrap();
    assert!(image.digest.is_none() && image.id.starts_with("sha256:"));
    assert_eq!(image.pinned(), image.id);
    let by_id = ensure(&engine, &image.id, false, &Silent).await.unwrap();
    assert_eq!(by_id.id, image.id);
    loaded.remove().await;
}

const HELPERS: &str = "PGS_TEST_CREDENTIAL_HELPERS";
const HELPER_THAT_KNOWS: &str = "#!/bin/sh\nread -r server\n\
    echo '{\"ServerURL\": \"'$server'\", \"Username\": \"tester\", \"Secret\": \"kw~?>kw~?>kw~?>k\"}'\n";
const HELPER_THAT_KNOWS_NOBODY: &str =
    "#!/bin/sh\nread -r server\necho 'credentials not found in native keychain'; exit 1\n";
const HELPER_THAT_FAILS: &str = "#!/bin/sh\nread -r server\necho 'the keyring is locked'; exit 1\n";
