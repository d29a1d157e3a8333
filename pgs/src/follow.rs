use crate::Pgs;
use pgs_core::{
    Result,
    catalog::{Event, Version},
};
use std::{collections::VecDeque, time::Duration};
use tokio::time::{Interval, MissedTickBehavior, interval};

impl Pgs {
    /// The log of changes from after this number on, as it grows, whichever process changes something; 0 for all of it.
    ///
    /// ```no_run
    /// # async fn example(pgs: pgs::Pgs) -> pgs::Result<()> {
    /// let mut events = pgs.follow(0);
    /// loop {
    ///     let event = events.next().await?;
    ///     println!("{} {} {}", event.seq, event.id, event.kind);
    /// }
    /// # }
    /// ```
    #[must_use]
    pub fn follow(&self, after: u64) -> Follow {
        Follow {
            pgs: self.clone(),
            after,
            read: VecDeque::new(),
            seen: None,
            tick: None,
        }
    }
}

/// The log of changes as it grows; see [`Pgs::follow`].
#[derive(Debug)]
pub struct Follow {
    pgs: Pgs,
    after: u64,
    read: VecDeque<Event>,
    seen: Option<Version>,
    tick: Option<Interval>,
}

impl Follow {
    /// The next event, waiting until there is one. Every event comes once, in order.
    ///
    /// After an error it may be called again, and goes on where it was. Cancel safe: no event is lost.
    pub async fn next(&mut self) -> Result<Event> {
        loop {
            if let Some(event) = self.read.pop_front() {
                return Ok(event);
            }
            self.read_on().await?;
        }
    }

    async fn read_on(&mut self) -> Result<()> {
        self.tick.get_or_insert_with(ticks).tick().await;
        // Asked for first, so that what is written while the page is read makes it differ.
        let version = self.pgs.manager().catalog().version()?;
        if self.seen == Some(version) {
            return Ok(());
        }
        let page = self.pgs.events(self.after, PAGE).await?;
        // A full page may have more behind it.
        self.seen = (page.len() < PAGE).then_some(version);
        if let Some(last) = page.last() {
            self.after = last.seq;
        }
        self.read.extend(page);
        Ok(())
    }
}

fn ticks() -> Interval {
    let mut ticks = interval(TICK);
    ticks.set_missed_tick_behavior(MissedTickBehavior::Delay);
    ticks
}

/// How often the catalogue is asked whether anything changed: microseconds when nothing did.
const TICK: Duration = Duration::from_millis(100);
/// How many events are read at one time.
const PAGE: usize = 1000;
