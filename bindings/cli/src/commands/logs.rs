use crate::{args::Logs, output, session::Session};
use pgs::Result;
use serde_json::json;

pub(crate) async fn run(session: &Session, args: &Logs) -> Result<()> {
    let text = session.look()?.logs(&args.tenant, args.lines).await?;
    if session.json {
        output::json(&json!({ "id": args.tenant, "lines": text.lines().collect::<Vec<_>>() }));
    } else {
        output::line(output::harmless(&text));
    }
    Ok(())
}
