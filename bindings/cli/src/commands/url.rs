use crate::{args::Url, output, session::Session};
use pgs::{ListenAddress, Result};
use serde_json::json;

pub(crate) async fn run(session: &Session, args: &Url) -> Result<()> {
    let record = session.look()?.get(&args.tenant).await?;
    let address = args
        .address
        .clone()
        .map_or_else(|| session.proxy_address(), Ok)?;
    // Nobody speaks TLS on a Unix socket.
    let over_network = matches!(address, ListenAddress::Tcp(_));
    let mut url = pgs::connection_url(&record.id, address);
    if over_network && session.is_tls_required() {
        url.push_str("?sslmode=require");
    }
    if session.json {
        output::json(&json!({ "url": url }));
    } else {
        output::line(url);
    }
    Ok(())
}
