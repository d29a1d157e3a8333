use crate::{args::Events, output, session::Session};
use pgs::{Result, catalog::Event};

pub(crate) async fn run(session: &Session, args: &Events) -> Result<()> {
    let events = session.look()?.events(args.after, args.limit).await?;
    if session.json {
        output::json(&serde_json::json!(events));
    } else {
        output::table(
            ["NO", "WHEN", "TENANT", "WHAT", "WHY"],
            events.iter().map(row),
        );
    }
    Ok(())
}

fn row(event: &Event) -> [String; 5] {
    [
        event.seq.to_string(),
        output::time(event.at),
        event.id.to_string(),
        event.kind.to_string(),
        event
            .detail
            .as_deref()
            .map(output::one_line)
            .unwrap_or_default(),
    ]
}
