use crate::address_block::AddressBlock;
use std::{
    collections::{BTreeMap, HashMap},
    hash::Hash,
    pin::pin,
    sync::{Arc, Mutex, MutexGuard, PoisonError},
    time::Duration,
};
use tokio::{
    sync::{OwnedSemaphorePermit, Semaphore},
    time::{Instant, sleep},
};
use tokio_util::sync::CancellationToken;

/// A line of those that wait for their turn, for each of many keys. Where nobody stands there is no line and no memory.
#[derive(Debug)]
pub(super) struct Lines<K: Clone + Eq + Hash>(Mutex<HashMap<K, (Arc<Line>, u32)>>);

impl<K: Clone + Eq + Hash> Default for Lines<K> {
    fn default() -> Self {
        Self(Mutex::default())
    }
}

#[derive(Debug)]
struct Line {
    turns: Arc<Semaphore>,
    /// Whose turn it is, by number, so the oldest is the first.
    seated: Mutex<Seated>,
}

#[derive(Debug, Default)]
struct Seated {
    rows: BTreeMap<u64, Row>,
    last: u64,
}

#[derive(Debug)]
struct Row {
    since: Instant,
    address: Option<AddressBlock>,
    end: CancellationToken,
}

/// A place in a line; dropping it ends the wait, or the turn.
#[derive(Debug)]
pub(super) struct Standing<K: Clone + Eq + Hash> {
    lines: Arc<Lines<K>>,
    key: K,
    line: Arc<Line>,
    turn: Option<(u64, OwnedSemaphorePermit)>,
}

impl<K: Clone + Eq + Hash> Lines<K> {
    /// Stands in the line of this key, where it is the turn of so many at one time.
    pub(super) fn stand(self: &Arc<Self>, key: K, at_one_time: usize) -> Standing<K> {
        let mut lines = self.lines();
        let (line, standing) = lines
            .entry(key.clone())
            .or_insert_with(|| (Arc::new(Line::new(at_one_time)), 0));
        *standing += 1;
        Standing {
            line: Arc::clone(line),
            lines: Arc::clone(self),
            key,
            turn: None,
        }
    }

    /// How many stand in them, those whose turn it is included.
    pub(super) fn standing(&self) -> usize {
        let lines = self.lines();
        let standing = lines.values().map(|(_, standing)| *standing as usize);
        standing.sum()
    }

    fn lines(&self) -> MutexGuard<'_, HashMap<K, (Arc<Line>, u32)>> {
        self.0.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

impl<K: Clone + Eq + Hash> Standing<K> {
    /// Waits for the turn, first come, first served. Meanwhile, turns that take long end by their `end`, as long as they are
    /// of an address that has more of them than this one.
    pub(super) async fn turn(&mut self, address: Option<AddressBlock>, end: &CancellationToken) {
        let mut turn = pin!(Arc::clone(&self.line.turns).acquire_owned());
        let permit = loop {
            tokio::select! {
                biased;
                permit = &mut turn => break permit,
                () = sleep(LOOK_AGAIN) => self.line.make_room_for(address),
            }
        };
        let row = Row {
            since: Instant::now(),
            address,
            end: end.clone(),
        };
        // The semaphore is never closed.
        self.turn = permit.ok().map(|permit| (self.line.sit_down(row), permit));
    }
}

impl<K: Clone + Eq + Hash> Drop for Standing<K> {
    fn drop(&mut self) {
        if let Some((number, _)) = &self.turn {
            self.line.seated().rows.remove(number);
        }
        let mut lines = self.lines.lines();
        match lines.get_mut(&self.key) {
            Some((_, standing)) if *standing > 1 => *standing -= 1,
            _ => drop(lines.remove(&self.key)),
        }
    }
}

impl Line {
    fn new(at_one_time: usize) -> Self {
        let turns = at_one_time.clamp(1, Semaphore::MAX_PERMITS);
        Self {
            turns: Arc::new(Semaphore::new(turns)),
            seated: Mutex::default(),
        }
    }

    fn sit_down(&self, row: Row) -> u64 {
        let mut seated = self.seated();
        seated.last += 1;
        let number = seated.last;
        seated.rows.insert(number, row);
        number
    }

    fn make_room_for(&self, address: Option<AddressBlock>) {
        let mut seated = self.seated();
        let victim = seated.victim_of(address);
        if let Some(row) = victim.and_then(|number| seated.rows.remove(&number)) {
            row.end.cancel();
        }
    }

    fn seated(&self) -> MutexGuard<'_, Seated> {
        self.seated.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

impl Seated {
    /// The oldest one of the address that has the most.
    fn victim_of(&self, newcomer: Option<AddressBlock>) -> Option<u64> {
        self.rows.values().next().filter(|oldest| oldest.is_old())?;
        let mut counts: HashMap<Option<AddressBlock>, (u32, u64)> = HashMap::new();
        for (number, row) in &self.rows {
            counts.entry(row.address).or_insert((0, *number)).0 += 1;
        }
        let own = counts.get(&newcomer).map_or(0, |(count, _)| *count);
        let (_, (count, oldest)) = counts
            .into_iter()
            .filter(|(_, (_, oldest))| self.rows.get(oldest).is_some_and(Row::is_old))
            .max_by_key(|(_, (count, oldest))| (*count, u64::MAX - oldest))?;
        (count > own).then_some(oldest)
    }
}

impl Row {
    fn is_old(&self) -> bool {
        self.since.elapsed() >= PATIENCE
    }
}

/// As long as a turn is safe from those that wait. A login takes a few round trips and some milliseconds.
const PATIENCE: Duration = Duration::from_secs(2);
const LOOK_AGAIN: Duration = Duration::from_millis(100);

#[cfg(test)]
mod tests {
    use super::*;
    use std::net::IpAddr;

    fn at(address: &str) -> AddressBlock {
        address.parse::<IpAddr>().unwrap().into()
    }

    async fn seat(
        lines: &Arc<Lines<u8>>,
        address: impl Into<Option<AddressBlock>>,
    ) -> (Standing<u8>, CancellationToken) {
        let (mut standing, end) = (lines.stand(1, 2), CancellationToken::new());
        standing.turn(address.into(), &end).await;
        (standing, end)
    }

    #[tokio::test(start_paused = true)]
    async fn an_address_with_many_slow_ones_makes_room_for_one_with_fewer() {
        let lines = Arc::default();
        let (first, first_end) = seat(&lines, at("10.0.0.1")).await;
        let (_second, second_end) = seat(&lines, at("10.0.0.1")).await;
        let began = Instant::now();
        let ends = tokio::spawn({
            let first_end = first_end.clone();
            async move {
                first_end.cancelled().await;
                drop(first);
            }
        });
        let _third = seat(&lines, at("10.0.0.2")).await;
        ends.await.unwrap();
        assert!((2_000..2_100).contains(&began.elapsed().as_millis()));
        assert!(first_end.is_cancelled() && !second_end.is_cancelled());
    }

    #[tokio::test(start_paused = true)]
    async fn who_came_from_the_same_address_waits_for_its_turn() {
        let lines = Arc::default();
        let (first, first_end) = seat(&lines, None).await;
        let (_second, _) = seat(&lines, None).await;
        let third = tokio::time::timeout(Duration::from_mins(1), seat(&lines, None)).await;
        assert!(third.is_err() && !first_end.is_cancelled());
        drop(first);
        seat(&lines, None).await;
    }

    #[tokio::test]
    async fn where_nobody_stands_is_no_line() {
        let lines = Arc::default();
        drop((seat(&lines, None).await, lines.stand(1, 2)));
        assert!(lines.lines().is_empty());
    }
}
