use crate::{args::Events, output, session::Session};
use pgs::{Pgs, Result, catalog::Event};
use std::collections::VecDeque;

/// How many events are read at one time.
const PAGE: usize = 1000;

pub(crate) async fn run(session: &Session, args: &Events) -> Result<()> {
    let events = newest(&session.look()?, args).await?;
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

/// Reads to the end of the log and keeps the newest that were asked for.
async fn newest(pgs: &Pgs, args: &Events) -> Result<VecDeque<Event>> {
    let (mut kept, mut after) = (VecDeque::new(), args.after);
    loop {
        let page = pgs.events(after, PAGE).await?;
        let Some(last) = page.last() else {
            return Ok(kept);
        };
        after = last.seq;
        let wanted = |event: &Event| {
            args.tenant
                .as_ref()
                .is_none_or(|tenant| event.id == *tenant)
        };
        kept.extend(page.into_iter().filter(wanted));
        kept.drain(..kept.len().saturating_sub(args.limit));
    }
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
