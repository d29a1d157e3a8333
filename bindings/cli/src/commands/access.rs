use crate::{output, session::Session};
use pgs::{Access, Result, TenantId};
use serde_json::json;

pub(crate) async fn run(session: &Session, tenant: &TenantId, access: Access) -> Result<()> {
    let pgs = session
        .open_for(&format!("setting the access of {tenant}"))
        .await?;
    pgs.set_access(tenant, access).await?;
    drop(pgs);
    if session.json {
        output::json(&json!({ "id": tenant, "access": access }));
    } else {
        output::line(match access {
            Access::Enabled => {
                format!("Enabled {tenant}: clients are let in from the next connection on.")
            }
            Access::Disabled => {
                format!("Disabled {tenant}: nobody is let in, and live sessions were ended.")
            }
        });
    }
    Ok(())
}

pub(crate) async fn protect(session: &Session, tenant: &TenantId) -> Result<()> {
    session.open().await?.protect(tenant).await?;
    said(
        session,
        tenant,
        true,
        &format!("Protected {tenant}: removing it is refused until `pgs unprotect {tenant}`."),
    );
    Ok(())
}

pub(crate) async fn unprotect(session: &Session, tenant: &TenantId) -> Result<()> {
    session.open().await?.unprotect(tenant).await?;
    said(
        session,
        tenant,
        false,
        &format!("{tenant} is not protected any more."),
    );
    Ok(())
}

fn said(session: &Session, tenant: &TenantId, protected: bool, text: &str) {
    if session.json {
        output::json(&json!({ "id": tenant, "protected": protected }));
    } else {
        output::line(text);
    }
}
