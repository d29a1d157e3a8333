use crate::{exit_code::ExitCode, output, session::Session};
use pgs::{
    Error, ErrorKind, Pgs, ProvisionerKind, Result,
    docker::DockerProvisioner,
    local::{Candidate, LocalProvisioner},
};
use serde_json::{Value, json};
use std::time::Duration;
use tokio::time::timeout;

/// One thing that was looked at.
struct Check {
    name: &'static str,
    outcome: std::result::Result<String, Error>,
}

pub(crate) async fn run(session: &Session) -> ExitCode {
    let candidates = candidates(session);
    let mut checks = vec![state_dir(session)];
    checks.extend(local_checks(session));
    if needs_docker(session) {
        checks.push(docker_engine(session).await);
    }
    checks.push(catalogue(session));
    if session.json {
        as_json(&checks, &candidates);
    } else {
        as_text(&checks, &candidates);
    }
    let healthy = checks.iter().all(|check| check.outcome.is_ok());
    if healthy {
        ExitCode::SUCCESS
    } else {
        ExitCode::from(7)
    }
}

/// Where Docker makes the tenants, what the local provisioner would need and does not have is not missing.
fn local_checks(session: &Session) -> impl Iterator<Item = Check> {
    let is_needed = session.config.provisioner == ProvisionerKind::Local;
    [servers_user(session), postgresql(session)]
        .into_iter()
        .filter(move |check| is_needed || check.outcome.is_ok())
}

fn needs_docker(session: &Session) -> bool {
    let was_used = || {
        let state_dir = session.config.state_dir();
        state_dir.is_ok_and(|directory| directory.join("docker").exists())
    };
    session.config.provisioner == ProvisionerKind::Docker || was_used()
}

async fn docker_engine(session: &Session) -> Check {
    let ask = async {
        DockerProvisioner::new(session.config.docker()?)?
            .describe_engine()
            .await
    };
    let outcome = timeout(PATIENCE, ask).await.unwrap_or_else(|_| {
        Err(Error::new(
            ErrorKind::Timeout,
            format!("the engine did not answer within {} s", PATIENCE.as_secs()),
        )
        .with_remedy("see whether `docker version` answers, and restart the engine"))
    });
    Check {
        name: "Docker",
        outcome,
    }
}

/// How long an engine may take to tell of itself.
const PATIENCE: Duration = Duration::from_secs(10);

fn local(session: &Session) -> Result<LocalProvisioner> {
    LocalProvisioner::new(session.config.local()?)
}

fn candidates(session: &Session) -> Vec<Candidate> {
    if session.config.provisioner != ProvisionerKind::Local {
        return Vec::new();
    }
    local(session)
        .map(|local| local.search().candidates())
        .unwrap_or_default()
}

fn state_dir(session: &Session) -> Check {
    let outcome = session.config.state_dir().map(|directory| {
        let there = if directory.exists() {
            ""
        } else {
            " (made at the first use)"
        };
        format!("{}{there}", directory.display())
    });
    Check {
        name: "state directory",
        outcome,
    }
}

fn servers_user(session: &Session) -> Check {
    let outcome = local(session).map(|local| match local.os_user() {
        Some(user) => format!(
            "`{}`, since pgs runs as root and PostgreSQL refuses to",
            user.name()
        ),
        None => "you".to_owned(),
    });
    Check {
        name: "servers run as",
        outcome,
    }
}

fn postgresql(session: &Session) -> Check {
    let outcome = local(session).and_then(|local| {
        let found = local.search().choose(None)?;
        Ok(format!("{} in {}", found.version, found.bindir.display()))
    });
    Check {
        name: "PostgreSQL",
        outcome,
    }
}

fn catalogue(session: &Session) -> Check {
    let exists = session
        .config
        .state_dir()
        .is_ok_and(|directory| directory.join("catalog.sqlite3").exists());
    let outcome = if exists {
        Pgs::open_as_found(&session.config).and_then(|pgs| {
            pgs.manager().catalog().version()?;
            Ok("readable".to_owned())
        })
    } else if session.config.provisioner != ProvisionerKind::Local || local(session).is_ok() {
        Ok("not there yet (made at the first use)".to_owned())
    } else {
        Err(Error::new(
            ErrorKind::MissingDependency,
            "waits for the checks above",
        ))
    };
    Check {
        name: "catalogue",
        outcome,
    }
}

fn as_text(checks: &[Check], candidates: &[Candidate]) {
    for check in checks {
        match &check.outcome {
            Ok(found) => output::line(format!("ok       {:<16}{found}", check.name)),
            Err(error) => {
                output::line(format!("MISSING  {:<16}{}", check.name, error.chain()));
                output::line(format!(
                    "         {:<16}try: {}",
                    "",
                    error.remedy().unwrap_or("see the message")
                ));
            }
        }
    }
    if !candidates.is_empty() {
        output::line("\nPostgreSQL was looked for here, in this order:");
    }
    for candidate in candidates {
        let verdict = match &candidate.verdict {
            Ok(found) => found.version.clone(),
            Err(reason) => format!("not used: {reason}"),
        };
        output::line(format!(
            "  {:<24}{}  {verdict}",
            candidate.source,
            candidate.bindir.display()
        ));
    }
}

fn as_json(checks: &[Check], candidates: &[Candidate]) {
    let checks = checks.iter().map(|check| match &check.outcome {
        Ok(found) => json!({ "check": check.name, "ok": true, "found": found }),
        Err(error) => {
            json!({ "check": check.name, "ok": false, "error": output::error_value(error) })
        }
    });
    output::json(&json!({
        "checks": checks.collect::<Vec<_>>(),
        "candidates": candidates.iter().map(candidate_value).collect::<Vec<_>>(),
    }));
}

fn candidate_value(candidate: &Candidate) -> Value {
    json!({
        "source": candidate.source,
        "bindir": candidate.bindir,
        "version": candidate.verdict.as_ref().ok().map(|found| &found.version),
        "reason": candidate.verdict.as_ref().err(),
    })
}
