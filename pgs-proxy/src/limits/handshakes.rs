use super::handshake_rows::{BRIEF, Row, Rows};
use crate::{
    address_block::AddressBlock,
    counters::{Counters, add},
};
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};
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
///
/// While all places are taken and several addresses have some, each is sure of [`SURE`] of them only: what it has
/// beyond that goes to newcomers of addresses that have fewer as soon as it is older than [`BRIEF`], and its own newcomers
/// are turned away.
#[derive(Debug)]
pub(crate) struct Handshakes {
    places: Arc<Semaphore>,
    per_address: usize,
    rows: Mutex<Rows>,
}

/// A connection's place among the handshakes; dropping it gives the place back.
#[derive(Debug)]
pub(crate) struct Place {
    handshakes: Arc<Handshakes>,
    number: u64,
    since: Instant,
}

/// The address has its share already, all of it young, or more than others while places are scarce.
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
        let number = self.rows().insert(Row::new(since, end));
        let place = Place {
            handshakes: Arc::clone(self),
            number,
            since,
        };
        if let Some(address) = address {
            place.belongs_to(address, counters)?;
        }
        let permit = self.permit(address, counters).await?;
        self.rows().seat(number, permit);
        Ok(place)
    }

    /// Ends the oldest handshake, if it is old enough: for when something else than places ran out. Whether one was.
    pub(crate) fn make_room(&self, counters: &Counters) -> bool {
        self.take_from_oldest(counters).is_some()
    }

    async fn permit(
        &self,
        address: Option<AddressBlock>,
        counters: &Counters,
    ) -> Result<OwnedSemaphorePermit, ShareTaken> {
        loop {
            if let Ok(permit) = Arc::clone(&self.places).try_acquire_owned() {
                return Ok(permit);
            }
            if let Some(permit) = self.take_from_oldest(counters) {
                return Ok(permit);
            }
            if let Some(permit) = self.take_from_heaviest(address, counters)? {
                return Ok(permit);
            }
            let sure_of = self.sure_of(address);
            let next = self.rows().next_chance(sure_of);
            tokio::select! {
                Ok(permit) = Arc::clone(&self.places).acquire_owned() => return Ok(permit),
                () = sleep_until(next) => {}
            }
        }
    }

    /// The permit itself changes hands, so that one newcomer ends no more than one.
    fn take_from_oldest(&self, counters: &Counters) -> Option<OwnedSemaphorePermit> {
        let mut rows = self.rows();
        let (number, row) = rows.oldest_seated()?;
        let number = row.is_old().then_some(number)?;
        rows.evict(number, counters)?.permit
    }

    fn take_from_heaviest(
        &self,
        address: Option<AddressBlock>,
        counters: &Counters,
    ) -> Result<Option<OwnedSemaphorePermit>, ShareTaken> {
        let sure_of = self.sure_of(address);
        let mut rows = self.rows();
        match rows.oldest_of_heaviest(sure_of) {
            Some((number, row)) if row.since.elapsed() >= BRIEF => {
                Ok(rows.evict(number, counters).and_then(|row| row.permit))
            }
            None if sure_of > SURE && rows.have_several_addresses() => {
                add(&counters.handshakes_refused, 1);
                Err(ShareTaken)
            }
            _ => Ok(None),
        }
    }

    /// How many others may have before they have more than this one.
    fn sure_of(&self, address: Option<AddressBlock>) -> usize {
        let own = address.map_or(0, |address| self.rows().weight(address));
        own.max(SURE)
    }

    pub(crate) fn len(&self) -> usize {
        self.rows().len()
    }

    fn rows(&self) -> MutexGuard<'_, Rows> {
        self.rows.lock().unwrap_or_else(PoisonError::into_inner)
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
        rows.assign(self.number, address);
        // It has its place already where it was not known whose it is.
        let is_late = rows.is_seated(self.number);
        let is_scarce = self.handshakes.places.available_permits() == 0;
        if is_late && is_scarce && rows.weight(address) > SURE && rows.have_several_addresses() {
            add(&counters.handshakes_refused, 1);
            return Err(ShareTaken);
        }
        Ok(())
    }
}

impl Drop for Place {
    fn drop(&mut self) {
        self.handshakes.rows().remove(self.number);
    }
}

/// More than what honest clients of one address begin at one time, but for pools that are filled.
const SURE: usize = 16;

#[cfg(test)]
mod tests {
    use super::*;
    use crate::limits::handshake_rows::PATIENCE;
    use std::{net::IpAddr, time::Duration};
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
    async fn an_address_with_many_makes_room_at_once_for_one_with_few() {
        let door = Door::new(SURE + 2, 100);
        let mut many = Vec::new();
        for _ in 0..SURE + 2 {
            many.push(door.enter("10.0.0.1").await.unwrap());
        }
        let began = Instant::now();
        let few = [
            door.enter("10.0.0.2").await.unwrap(),
            door.enter("10.0.0.3").await.unwrap(),
        ];
        assert_eq!(began.elapsed(), BRIEF);
        let ended: Vec<_> = many.iter().map(|(_, end)| end.is_cancelled()).collect();
        assert_eq!(ended[..3], [true, true, false]);
        assert!(!few[0].1.is_cancelled());

        // What it is sure of stays its own for a second, but it gets no more.
        assert!(door.enter("10.0.0.1").await.is_err());
        assert_eq!(began.elapsed(), BRIEF);
        let _third = door.enter("10.0.0.4").await.unwrap();
        assert_eq!(began.elapsed(), PATIENCE);
    }

    #[tokio::test(start_paused = true)]
    async fn an_address_that_is_alone_waits_for_its_own_places() {
        let door = Door::new(SURE + 2, 100);
        let mut alone = Vec::new();
        for _ in 0..SURE + 2 {
            alone.push(door.enter("10.0.0.1").await.unwrap());
        }
        let began = Instant::now();
        let (_one_more, ()) = tokio::join!(door.enter("10.0.0.1"), async {
            advance(Duration::from_millis(3)).await;
            alone.pop();
        });
        assert_eq!(began.elapsed(), Duration::from_millis(3));
        assert_eq!(door.counters.snapshot().handshakes_refused, 0);
    }

    #[tokio::test(start_paused = true)]
    async fn many_addresses_with_few_each_do_not_end_the_young_ones_of_another() {
        let door = Door::new(2 * SURE + 4, 100);
        let mut places = Vec::new();
        for address in ["10.0.0.1", "10.0.0.2"] {
            for _ in 0..SURE + 2 {
                places.push(door.enter(address).await.unwrap());
            }
        }
        let began = Instant::now();
        let _newcomer = door.enter("10.0.0.3").await.unwrap();
        assert_eq!(began.elapsed(), BRIEF);
        let ended = places.iter().filter(|(_, end)| end.is_cancelled());
        assert_eq!(ended.count(), 1);
    }

    #[tokio::test(start_paused = true)]
    async fn whose_address_comes_late_has_no_more_while_places_are_scarce() {
        let door = Door::new(SURE + 2, 100);
        let mut places = Vec::new();
        let address: AddressBlock = "10.0.0.1".parse::<IpAddr>().unwrap().into();
        for number in 0..SURE {
            let end = CancellationToken::new();
            let place = door.handshakes.place(None, end.clone(), &door.counters);
            let place = place.await.unwrap();
            assert!(
                place.belongs_to(address, &door.counters).is_ok(),
                "{number}"
            );
            places.push((place, end));
        }
        places.push(door.enter("10.0.0.9").await.unwrap());
        let end = CancellationToken::new();
        let place = door.handshakes.place(None, end, &door.counters);
        let place = place.await.unwrap();
        assert!(place.belongs_to(address, &door.counters).is_err());
    }

    #[tokio::test(start_paused = true)]
    async fn nothing_is_left_of_those_that_are_gone() {
        let door = Door::new(2, 2);
        let places = [door.enter("10.0.0.1").await, door.enter("10.0.0.2").await];
        advance(PATIENCE).await;
        let third = door.enter("10.0.0.3").await;
        drop((places, third));
        assert!(door.handshakes.rows().is_empty());
        assert_eq!(door.handshakes.places.available_permits(), 2);
    }
}
