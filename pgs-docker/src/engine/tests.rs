use super::*;
use bollard::query_parameters::{RemoveContainerOptions, StartContainerOptions};
use pgs_core::{Error, ErrorKind};
use std::{
    io::{Read, Write},
    os::unix::net::UnixListener,
    path::Path,
    thread,
};
use testkit::within;

fn engine_at(socket: &Path) -> Engine {
    let url = format!("unix://{}", socket.display());
    Engine::open_in(Some(&url), &Surroundings::default()).unwrap()
}

/// The engine that the tests may use.
fn real(test: &str) -> Option<Engine> {
    let Ok(host) = std::env::var("PGS_TEST_DOCKER") else {
        testkit::skip(test, "PGS_TEST_DOCKER names no engine");
        return None;
    };
    Some(Engine::open_in(Some(&host), &Surroundings::default()).unwrap())
}

/// What becomes of a request to an engine that says this and closes the connection.
async fn asked(answer: &'static str) -> Error {
    let dir = tempfile::tempdir().unwrap();
    let socket = dir.path().join("docker.sock");
    let listener = UnixListener::bind(&socket).unwrap();
    let server = thread::spawn(move || {
        let (mut stream, _) = listener.accept().unwrap();
        let _ = stream.read(&mut [0; 4096]);
        stream.write_all(answer.as_bytes()).unwrap();
    });
    let engine = engine_at(&socket);
    let failed = within("the answer", engine.docker().version()).await;
    server.join().unwrap();
    engine.failed("start the container `pgs-1`", failed.unwrap_err())
}

fn response(status: &str, body: &str) -> &'static str {
    let length = body.len();
    let text = format!(
        "HTTP/1.1 {status}\r\nContent-Type: application/json\r\nContent-Length: {length}\r\n\r\n{body}"
    );
    Box::leak(text.into_boxed_str())
}

#[tokio::test]
async fn an_engine_that_is_not_there_is_opened_and_its_absence_told() {
    let dir = tempfile::tempdir().unwrap();
    let missing = dir.path().join("missing.sock");
    let deserted = dir.path().join("deserted.sock");
    drop(UnixListener::bind(&deserted).unwrap());
    for (socket, why) in [(missing, "No such file"), (deserted, "Connection refused")] {
        let error = engine_at(&socket).info().await.unwrap_err();
        println!("{error:?}\n");
        assert_eq!(error.kind(), ErrorKind::MissingDependency);
        let expected = format!(
            "no Docker Engine answers at unix://{} (as configured)",
            socket.display()
        );
        assert_eq!(error.to_string(), expected);
        assert!(error.chain().contains(why), "{error:?}");
        assert!(error.remedy().unwrap().contains("DOCKER_HOST"));
    }
}

#[tokio::test]
async fn an_engine_that_starts_later_is_found_by_the_same_handle() {
    let dir = tempfile::tempdir().unwrap();
    let socket = dir.path().join("docker.sock");
    let engine = engine_at(&socket);
    engine.docker().version().await.unwrap_err();
    let listener = UnixListener::bind(&socket).unwrap();
    let server = thread::spawn(move || {
        let (mut stream, _) = listener.accept().unwrap();
        let _ = stream.read(&mut [0; 4096]);
        let answer = response("200 OK", r#"{"Version": "20.10.24"}"#);
        stream.write_all(answer.as_bytes()).unwrap();
    });
    let version = within("the answer", engine.docker().version())
        .await
        .unwrap();
    server.join().unwrap();
    assert_eq!(version.version.as_deref(), Some("20.10.24"));
}

#[tokio::test]
async fn the_engines_words_are_kept_once_and_its_status_decides_the_kind() {
    for (status, kind) in [
        ("400 Bad Request", ErrorKind::InvalidInput),
        ("403 Forbidden", ErrorKind::PermissionDenied),
        ("404 Not Found", ErrorKind::NotFound),
        ("409 Conflict", ErrorKind::Conflict),
        ("500 Internal Server Error", ErrorKind::Internal),
        ("503 Service Unavailable", ErrorKind::Busy),
    ] {
        let error = asked(response(
            status,
            r#"{"message":"OCI runtime create failed"}"#,
        ))
        .await;
        assert_eq!(error.kind(), kind, "{status}");
        assert_eq!(
            error.chain(),
            "cannot start the container `pgs-1`: OCI runtime create failed"
        );
    }
}

#[tokio::test]
async fn a_full_disk_is_told_by_the_engines_words() {
    let body = r#"{"message":"mkdir /var/lib/docker/overlay2/1-init: no space left on device"}"#;
    let error = asked(response("500 Internal Server Error", body)).await;
    println!("{error:?}");
    assert_eq!(error.kind(), ErrorKind::ResourceExhausted);
    assert!(error.remedy().unwrap().contains("docker system df"));
}

#[tokio::test]
async fn an_engine_that_stops_in_the_middle_is_worth_another_try() {
    for answer in ["", "HTTP/1.1 200 OK\r\nContent-Length: 100\r\n\r\n{"] {
        let error = asked(answer).await;
        println!("{error:?}");
        assert_eq!(error.kind(), ErrorKind::Busy);
        assert!(error.to_string().contains("`pgs-1`") && error.kind().is_retryable());
    }
}

#[tokio::test]
async fn an_engine_that_does_not_answer_in_time_is_told_from_one_that_is_not_there() {
    let dir = tempfile::tempdir().unwrap();
    let socket = dir.path().join("docker.sock");
    let _listener = UnixListener::bind(&socket).unwrap();
    let engine = engine_at(&socket);
    let engine = engine.within(std::time::Duration::from_secs(1));
    let docker = engine.docker();
    let error = engine.failed("look up the image `x`", docker.version().await.unwrap_err());
    println!("{error:?}");
    assert_eq!(error.kind(), ErrorKind::Timeout);
}

#[tokio::test]
async fn an_answer_that_is_not_an_engines_is_told() {
    let error = asked(response("200 OK", "<html>")).await;
    assert_eq!(error.kind(), ErrorKind::Internal);
    assert!(
        error
            .chain()
            .starts_with("cannot start the container `pgs-1`: ")
    );
}

#[tokio::test]
async fn a_real_engine_says_what_it_is() {
    let Some(engine) = real("a_real_engine_says_what_it_is") else {
        return;
    };
    let info = engine.info().await.unwrap();
    println!("{info}\n{info:?}");
    let text = info.to_string();
    assert!(
        text.starts_with(&format!("Docker Engine {}, API 1.", info.version)),
        "{text}"
    );
    assert!(text.ends_with(&format!("at {}", info.address)), "{text}");
    assert!(info.has_memory_limit && info.has_pids_limit && !info.is_desktop);
}

#[tokio::test]
async fn a_real_engines_not_found_is_told_apart() {
    let Some(engine) = real("a_real_engines_not_found_is_told_apart") else {
        return;
    };
    let docker = engine.docker();
    let started = docker.start_container("pgs-no-such-container", None::<StartContainerOptions>);
    let error = or_not_modified(started.await).unwrap_err();
    assert!(is_not_found(&error) && !is_conflict(&error));
    let error = engine.failed("start the container `pgs-no-such-container`", error);
    println!("{error:?}");
    assert_eq!(error.kind(), ErrorKind::NotFound);
    let removed = docker.remove_container("pgs-no-such-container", None::<RemoveContainerOptions>);
    assert!(is_not_found(&removed.await.unwrap_err()));
}
