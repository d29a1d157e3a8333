use crate::{args::Url, output, session::Session};
use pgs::Result;
use serde_json::json;

pub(crate) async fn run(session: &Session, args: &Url) -> Result<()> {
    let record = session.look()?.get(&args.tenant).await?;
    let address = args
        .address
        .clone()
        .map_or_else(|| session.proxy_address(), Ok)?;
    let url = pgs::connection_url(&record.id, address);
    if session.json {
        output::json(&json!({ "url": url }));
    } else {
        output::line(url);
    }
    Ok(())
}
