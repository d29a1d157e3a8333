use crate::{output, session::Session};
use pgs::{
    Error, ErrorKind, Pgs, Result,
    local::{Candidate, LocalProvisioner},
};
use serde_json::{Value, json};
use std::process::ExitCode;

/// One thing that was looked at.
struct Check {
    name: &'static str,
    outcome: std::result::Result<String, Error>,
}

pub(crate) fn run(session: &Session) -> ExitCode {
    let candidates = candidates(session);
    let checks = [
        state_dir(session),
        servers_user(session),
        postgresql(session),
        catalogue(session),
    ];
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

fn local(session: &Session) -> Result<LocalProvisioner> {
    LocalProvisioner::new(session.config.local()?)
}

fn candidates(session: &Session) -> Vec<Candidate> {
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
    } else if local(session).is_ok() {
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
