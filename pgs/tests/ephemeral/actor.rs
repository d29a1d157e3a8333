use pgs::{Config, Ephemeral, ProvisionerKind, TenantSpec};
use std::io::{BufRead, Write, stdin, stdout};
use testkit::Docker;

/// What another process of the same test does with a throw-away manager of its own, a word at a time: it reads a word, does
/// what the word says, and answers with a line.
///
/// Called first in every test; answers whether this was such a process, which has nothing more to do.
pub(crate) fn act() -> bool {
    if std::env::var_os(STAGE).is_none() {
        return false;
    }
    let runtime = tokio::runtime::Runtime::new().unwrap();
    let mut manager = None;
    for word in stdin().lock().lines() {
        let answer = runtime.block_on(obey(&word.unwrap(), &mut manager));
        let mut out = stdout().lock();
        writeln!(out, "{ANSWER}{answer}").unwrap();
        out.flush().unwrap();
    }
    true
}

async fn obey(word: &str, manager: &mut Option<Ephemeral>) -> String {
    match word {
        "open" => open(manager, Config::default()).await,
        "open containers" => open(manager, containers()).await,
        "create" => {
            let pgs = manager.as_ref().unwrap();
            let name = "acme".parse().unwrap();
            let created = pgs.create(name, TenantSpec::default()).await.unwrap();
            created.uid.to_string()
        }
        "look" => {
            let pgs = manager.as_ref().unwrap();
            let view = pgs.show(&"acme".parse().unwrap()).await.unwrap();
            view.record.lifecycle.to_string()
        }
        "close" => {
            manager.take().unwrap().close().await.unwrap();
            "closed".to_owned()
        }
        other => panic!("nobody knows how to `{other}`"),
    }
}

async fn open(manager: &mut Option<Ephemeral>, config: Config) -> String {
    let opened = pgs::ephemeral_with(config).await.unwrap();
    let state_dir = opened.state_dir().display().to_string();
    *manager = Some(opened);
    state_dir
}

fn containers() -> Config {
    let docker = Docker::find("an actor of its own").unwrap();
    let mut config = Config::default();
    config.provisioner = ProvisionerKind::Docker;
    config.docker.host = Some(docker.host);
    config.docker.image = docker.image_18;
    config.docker.pull = false;
    config
}

/// In the environment of an actor.
pub(crate) const STAGE: &str = "PGS_TEST_EPHEMERAL_ACTOR";
/// Other lines are the test harness's.
pub(crate) const ANSWER: &str = "actor: ";
