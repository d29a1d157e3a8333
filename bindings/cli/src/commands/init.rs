use crate::{args::Init, output, session::Session};
use pgs::{Error, InitScript, Result, provision::ScriptOutcome};
use serde_json::json;
use std::path::Path;

pub(crate) async fn run(session: &Session, args: &Init) -> Result<()> {
    let scripts = args.files.iter().map(|path| {
        let script = read_script(path)?;
        Ok(if args.as_admin {
            script.as_admin()
        } else {
            script
        })
    });
    let scripts = scripts.collect::<Result<Vec<_>>>()?;
    let names: Vec<_> = scripts.iter().map(|script| script.name.clone()).collect();
    let pgs = session
        .open_for(&format!("running scripts in {}", args.tenant))
        .await?;
    let outcomes = pgs.run_init_scripts(&args.tenant, scripts).await?;
    drop(pgs);
    let applied = outcomes
        .into_iter()
        .map(|outcome| outcome == ScriptOutcome::Applied);
    let outcomes: Vec<_> = names.iter().zip(applied).collect();
    if session.json {
        let value =
            |(name, applied): &(&String, bool)| json!({ "script": name, "applied": applied });
        output::json(&outcomes.iter().map(value).collect());
        return Ok(());
    }
    for (name, applied) in outcomes {
        output::line(if applied {
            format!("Ran {name}.")
        } else {
            format!("{name} was run before; not run again.")
        });
    }
    Ok(())
}

/// A script named after its file.
pub(crate) fn read_script(path: &Path) -> Result<InitScript> {
    let sql = std::fs::read_to_string(path).map_err(|cause| {
        Error::io(
            format!("the init script `{}` cannot be read", path.display()),
            cause,
        )
    })?;
    let name = path
        .file_name()
        .unwrap_or(path.as_os_str())
        .to_string_lossy();
    Ok(InitScript::new(name, sql))
}
