use crate::{
    address_block::AddressBlock,
    counters::{Counters, add},
};
use std::{
    collections::{BTreeMap, BTreeSet, HashMap},
    sync::{Arc, Mutex, MutexGuard, PoisonError},
    time::Duration,
};
use tokio::{
    sync::{OwnedSemaphorePermit, Semaphore},
    time::{Instant, sleep_until},
};
use tokio_util::sync::CancellationToken;

/// The connections that have not said yet what they want.
///
/// A place is never kept for long while others want it: where all are taken, the connection that has been silent the
/// longest makes room, if that is longer than [`PATIENCE`]. An honest client needs a few round trips, and the newcomer
/// waits in the meantime. The same holds within the share of one address, but there the newcomer is turned away
/// rather than wait in front of everybody else.
#[derive(Debug)]
pub(crate) struct Handshakes {
    places: Arc<Semaphore>,
    per_address: usize,
    rows: Mutex<Rows>,
}

/// By number, so the oldest is the first.
#[derive(Debug, Default)]
struct Rows {
    all: BTreeMap<u64, Row>,
    by_address: HashMap<AddressBlock, BTreeSet<u64>>,
    last: u64,
}

#[derive(Debug)]
struct Row {
    since: Instant,
    address: Option<AddressBlock>,
    end: CancellationToken,
    /// None while it waits for one.
    permit: Option<OwnedSemaphorePermit>,
}

/// A connection's place among the handshakes; dropping it gives the place back.
#[derive(Debug)]
pub(crate) struct Place {
    handshakes: Arc<Handshakes>,
    number: u64,
    since: Instant,
}

/// The address has its share already, all of it young.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) struct ShareTaken;

impl Handshakes {
    pub(crate) fn new(all: usize, per_address: usize) -> Self {
        Self {
            places: Arc::new(Semaphore::new(all.min(Semaphore::MAX_PERMITS))),
            per_address,
            rows: Mutex::default(),
        }
    }

    /// A place for a connection that was just accepted, as soon as there is one. Whoever has to make room for another
    /// later is told by `end`.
    pub(crate) async fn place(
        self: &Arc<Self>,
        address: Option<AddressBlock>,
        end: CancellationToken,
        counters: &Counters,
    ) -> Result<Place, ShareTaken> {
        let since = Instant::now();
        let number = self.rows().insert(Row {
            since,
            address: None,
            end,
            permit: None,
        });
        let place = Place {
            handshakes: Arc::clone(self),
            number,
            since,
        };
        if let Some(address) = address {
            place.belongs_to(address, counters)?;
        }
        let permit = self.permit(counters).await;
        if let Some(row) = self.rows().all.get_mut(&number) {
            row.permit = Some(permit);
        }
        Ok(place)
    }

    /// Ends the oldest handshake, if it is old enough: for when something else than places ran out. Whether one was.
    pub(crate) fn make_room(&self, counters: &Counters) -> bool {
        self.take_from_oldest(counters).is_some()
    }

    async fn permit(&self, counters: &Counters) -> OwnedSemaphorePermit {
        loop {
            if let Ok(permit) = Arc::clone(&self.places).try_acquire_owned() {
                return permit;
            }
            if let Some(permit) = self.take_from_oldest(counters) {
                return permit;
            }
            tokio::select! {
                Ok(permit) = Arc::clone(&self.places).acquire_owned() => return permit,
                () = sleep_until(self.oldest_seated() + PATIENCE) => {}
            }
        }
    }

    /// The permit itself changes hands, so that one newcomer ends no more than one.
    fn take_from_oldest(&self, counters: &Counters) -> Option<OwnedSemaphorePermit> {
        let mut rows = self.rows();
        let (number, row) = rows.all.iter().find(|(_, row)| row.permit.is_some())?;
        let number = row.is_old().then_some(*number)?;
        rows.evict(number, counters)?.permit
    }

    fn oldest_seated(&self) -> Instant {
        let rows = self.rows();
        let seated = rows.all.values().find(|row| row.permit.is_some());
        seated.map_or_else(Instant::now, |row| row.since)
    }

    fn rows(&self) -> MutexGuard<'_, Rows> {
        self.rows.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

impl Rows {
    fn insert(&mut self, row: Row) -> u64 {
        self.last += 1;
        self.all.insert(self.last, row);
        self.last
    }

    fn evict(&mut self, number: u64, counters: &Counters) -> Option<Row> {
        let row = self.remove(number)?;
        row.end.cancel();
        add(&counters.handshakes_evicted, 1);
        Some(row)
    }

    fn remove(&mut self, number: u64) -> Option<Row> {
        let row = self.all.remove(&number)?;
        if let Some(address) = row.address
            && let Some(of_address) = self.by_address.get_mut(&address)
        {
            of_address.remove(&number);
            if of_address.is_empty() {
                self.by_address.remove(&address);
            }
        }
        Some(row)
    }

    /// Whether the address has room for one more, if need be after its oldest has made some.
    fn has_share(&mut self, address: AddressBlock, limit: usize, counters: &Counters) -> bool {
        let Some(of_address) = self.by_address.get(&address) else {
            return limit > 0;
        };
        if of_address.len() < limit {
            return true;
        }
        let oldest = of_address.first().copied();
        let old = oldest.filter(|number| self.all.get(number).is_some_and(Row::is_old));
        old.is_some_and(|number| self.evict(number, counters).is_some())
    }
}

impl Row {
    fn is_old(&self) -> bool {
        self.since.elapsed() >= PATIENCE
    }
}

impl Place {
    /// When the connection was accepted.
    pub(crate) fn since(&self) -> Instant {
        self.since
    }

    /// Counts it for this address, which is known only now.
    pub(crate) fn belongs_to(
        &self,
        address: AddressBlock,
        counters: &Counters,
    ) -> Result<(), ShareTaken> {
        let mut rows = self.handshakes.rows();
        if !rows.has_share(address, self.handshakes.per_address, counters) {
            add(&counters.handshakes_refused, 1);
            return Err(ShareTaken);
        }
        if let Some(row) = rows.all.get_mut(&self.number) {
            row.address = Some(address);
            rows.by_address
                .entry(address)
                .or_default()
                .insert(self.number);
        }
        Ok(())
    }
}

impl Drop for Place {
    fn drop(&mut self) {
        self.handshakes.rows().remove(self.number);
    }
}

/// As long as a handshake is safe from newcomers.
const PATIENCE: Duration = Duration::from_secs(1);

#[cfg(test)]
mod tests {
    use super::*;
    use std::net::IpAddr;
    use tokio::time::advance;

    struct Door {
        handshakes: Arc<Handshakes>,
        counters: Counters,
    }

    impl Door {
        fn new(all: usize, per_address: usize) -> Self {
            Self {
                handshakes: Arc::new(Handshakes::new(all, per_address)),
                counters: Counters::default(),
            }
        }

        async fn enter(&self, address: &str) -> Result<(Place, CancellationToken), ShareTaken> {
            let address: IpAddr = address.parse().unwrap();
            let end = CancellationToken::new();
            let place = self
                .handshakes
                .place(Some(address.into()), end.clone(), &self.counters)
                .await?;
            Ok((place, end))
        }
    }

    #[tokio::test(start_paused = true)]
    async fn the_oldest_makes_room_after_a_second_and_no_other() {
        let door = Door::new(2, 2);
        let (_oldest, oldest_ended) = door.enter("10.0.0.1").await.unwrap();
        let (_second, second_ended) = door.enter("10.0.0.2").await.unwrap();
        let began = Instant::now();
        let _third = door.enter("10.0.0.3").await.unwrap();
        assert_eq!(began.elapsed().as_secs(), 1);
        assert!(oldest_ended.is_cancelled() && !second_ended.is_cancelled());
        assert_eq!(door.counters.snapshot().handshakes_evicted, 1);
    }

    #[tokio::test(start_paused = true)]
    async fn a_place_that_is_given_back_is_taken_at_once() {
        let door = Door::new(1, 1);
        let (place, _) = door.enter("10.0.0.1").await.unwrap();
        drop(place);
        let began = Instant::now();
        let _next = door.enter("10.0.0.1").await.unwrap();
        assert_eq!(began.elapsed(), Duration::ZERO);
    }

    #[tokio::test(start_paused = true)]
    async fn an_address_has_no_more_than_its_share() {
        let door = Door::new(10, 2);
        let (_first, first_ended) = door.enter("10.0.0.1").await.unwrap();
        let _second = door.enter("10.0.0.1").await.unwrap();
        assert!(door.enter("10.0.0.1").await.is_err());
        let _other = door.enter("10.0.0.2").await.unwrap();
        assert_eq!(door.counters.snapshot().handshakes_refused, 1);

        advance(PATIENCE).await;
        let _third = door.enter("10.0.0.1").await.unwrap();
        assert!(first_ended.is_cancelled());
    }

    #[tokio::test(start_paused = true)]
    async fn nothing_is_left_of_those_that_are_gone() {
        let door = Door::new(2, 2);
        let places = [door.enter("10.0.0.1").await, door.enter("10.0.0.2").await];
        advance(PATIENCE).await;
        let third = door.enter("10.0.0.3").await;
        drop((places, third));
        let rows = door.handshakes.rows();
        assert!(rows.all.is_empty() && rows.by_address.is_empty());
        assert_eq!(door.handshakes.places.available_permits(), 2);
    }
}
