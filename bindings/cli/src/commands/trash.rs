use crate::{
    args::{Remove, Restore},
    output,
    session::Session,
};
use pgs::{Error, ErrorKind, Pgs, Result, TenantId};
use serde_json::json;
use std::io::{BufRead, IsTerminal};

pub(crate) async fn remove(session: &Session, args: &Remove) -> Result<()> {
    match (&args.tenant, args.uid) {
        (_, Some(uid)) => {
            purge(session, &uid.to_string(), args.yes, async |pgs| {
                pgs.purge_uid(uid).await
            })
            .await
        }
        (Some(id), None) if args.purge => {
            purge(session, id.as_str(), args.yes, async |pgs| {
                pgs.purge(id).await
            })
            .await
        }
        (Some(id), None) => to_trash(session, id).await,
        // The command line asks for one or the other.
        (None, None) => Ok(()),
    }
}

async fn to_trash(session: &Session, id: &TenantId) -> Result<()> {
    let pgs = session.open_for(&format!("removing {id}")).await?;
    let uid = pgs.remove(id).await?;
    drop(pgs);
    if session.json {
        output::json(&json!({ "id": id, "uid": uid, "purged": false }));
    } else {
        let days = session.config.trash_days;
        output::line(format!(
            "Removed {id}; its name is free. For {days} days it comes back with `pgs restore {id}`."
        ));
    }
    Ok(())
}

async fn purge(
    session: &Session,
    name: &str,
    sure: bool,
    purge: impl AsyncFn(&Pgs) -> Result<()>,
) -> Result<()> {
    if !sure {
        confirm_purge(name)?;
    }
    let pgs = session.open_for(&format!("deleting {name}")).await?;
    purge(&pgs).await?;
    drop(pgs);
    if session.json {
        output::json(&json!({ "tenant": name, "purged": true }));
    } else {
        output::line(format!("Deleted {name} for good."));
    }
    Ok(())
}

/// Has the name typed once more: there is no way back from a purge.
fn confirm_purge(id: &str) -> Result<()> {
    let stdin = std::io::stdin();
    if !stdin.is_terminal() {
        let message = format!(
            "deleting tenant `{id}` for good needs a confirmation, and nobody is at the terminal"
        );
        return Err(Error::new(ErrorKind::InvalidInput, message).with_remedy("repeat with --yes"));
    }
    output::remark(format!(
        "This deletes all data of tenant {id} for good. Type {id} to go on:"
    ));
    let mut typed = String::new();
    stdin
        .lock()
        .read_line(&mut typed)
        .map_err(|cause| Error::io("the confirmation cannot be read", cause))?;
    if typed.trim() == id {
        return Ok(());
    }
    Err(Error::new(
        ErrorKind::InvalidInput,
        format!("`{}` is not `{id}`: nothing was deleted", typed.trim()),
    ))
}

pub(crate) async fn restore(session: &Session, args: &Restore) -> Result<()> {
    let pgs = session.open_for("restoring").await?;
    let id = match (args.uid, &args.tenant) {
        (Some(uid), _) => {
            pgs.restore_uid(uid).await?;
            pgs.list()
                .await?
                .into_iter()
                .find(|record| record.uid == uid)
                .map(|record| record.id)
        }
        (None, Some(id)) => {
            pgs.restore(id).await?;
            Some(id.clone())
        }
        (None, None) => None,
    };
    drop(pgs);
    let Some(id) = id else {
        return Err(Error::new(
            ErrorKind::NotFound,
            "the restored tenant was removed again",
        ));
    };
    if session.json {
        output::json(&json!({ "id": id, "state": "running" }));
    } else {
        output::line(format!(
            "Restored {id}: it runs again, with the data and the access it had."
        ));
    }
    Ok(())
}
