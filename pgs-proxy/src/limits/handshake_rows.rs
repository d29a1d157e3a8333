use crate::{
    address_block::AddressBlock,
    counters::{Counters, add},
};
use std::{
    collections::{BTreeMap, BTreeSet, HashMap},
    time::Duration,
};
use tokio::{sync::OwnedSemaphorePermit, time::Instant};
use tokio_util::sync::CancellationToken;

/// The handshakes by number, so the oldest is the first.
#[derive(Debug, Default)]
pub(super) struct Rows {
    all: BTreeMap<u64, Row>,
    by_address: HashMap<AddressBlock, BTreeSet<u64>>,
    /// The addresses by how many they have.
    by_weight: BTreeSet<(usize, AddressBlock)>,
    last: u64,
}

#[derive(Debug)]
pub(super) struct Row {
    pub(super) since: Instant,
    address: Option<AddressBlock>,
    end: CancellationToken,
    /// None while it waits for one.
    pub(super) permit: Option<OwnedSemaphorePermit>,
}

impl Row {
    pub(super) fn new(since: Instant, end: CancellationToken) -> Self {
        Self {
            since,
            address: None,
            end,
            permit: None,
        }
    }

    pub(super) fn is_old(&self) -> bool {
        self.since.elapsed() >= PATIENCE
    }
}

impl Rows {
    pub(super) fn insert(&mut self, row: Row) -> u64 {
        self.last += 1;
        self.all.insert(self.last, row);
        self.last
    }

    pub(super) fn seat(&mut self, number: u64, permit: OwnedSemaphorePermit) {
        if let Some(row) = self.all.get_mut(&number) {
            row.permit = Some(permit);
        }
    }

    pub(super) fn assign(&mut self, number: u64, address: AddressBlock) {
        if let Some(row) = self.all.get_mut(&number) {
            row.address = Some(address);
            let own = self.by_address.entry(address).or_default();
            self.by_weight.remove(&(own.len(), address));
            own.insert(number);
            self.by_weight.insert((own.len(), address));
        }
    }

    pub(super) fn remove(&mut self, number: u64) -> Option<Row> {
        let row = self.all.remove(&number)?;
        if let Some(address) = row.address
            && let Some(own) = self.by_address.get_mut(&address)
        {
            self.by_weight.remove(&(own.len(), address));
            own.remove(&number);
            if own.is_empty() {
                self.by_address.remove(&address);
            } else {
                self.by_weight.insert((own.len(), address));
            }
        }
        Some(row)
    }

    pub(super) fn evict(&mut self, number: u64, counters: &Counters) -> Option<Row> {
        let row = self.remove(number)?;
        row.end.cancel();
        add(&counters.handshakes_evicted, 1);
        Some(row)
    }

    pub(super) fn len(&self) -> usize {
        self.all.len()
    }

    /// How many this address has.
    pub(super) fn weight(&self, address: AddressBlock) -> usize {
        self.by_address.get(&address).map_or(0, BTreeSet::len)
    }

    pub(super) fn oldest_seated(&self) -> Option<(u64, &Row)> {
        let seated = self.all.iter().find(|(_, row)| row.permit.is_some());
        seated.map(|(number, row)| (*number, row))
    }

    /// The oldest that has a permit, of the address that has most, if that has more than so many.
    pub(super) fn oldest_of_heaviest(&self, more_than: usize) -> Option<(u64, &Row)> {
        let (_, address) = self
            .by_weight
            .last()
            .filter(|(weight, _)| *weight > more_than)?;
        let own = self.by_address.get(address)?.iter();
        let mut rows = own.filter_map(|number| Some((*number, self.all.get(number)?)));
        rows.find(|(_, row)| row.permit.is_some())
    }

    pub(super) fn is_seated(&self, number: u64) -> bool {
        self.all
            .get(&number)
            .is_some_and(|row| row.permit.is_some())
    }

    pub(super) fn have_several_addresses(&self) -> bool {
        self.by_address.len() > 1
    }

    /// When somebody who may take from those that have more than so many has to make room by then, if nobody does before.
    pub(super) fn next_chance(&self, more_than: usize) -> Instant {
        let old = self.oldest_seated().map(|(_, row)| row.since + PATIENCE);
        let heavy = self.oldest_of_heaviest(more_than);
        let heavy = heavy.map(|(_, row)| row.since + BRIEF);
        let next = old.into_iter().chain(heavy).min();
        next.unwrap_or_else(|| Instant::now() + BRIEF)
    }

    /// Whether the address has room for one more, if need be after its oldest has made some.
    pub(super) fn has_share(
        &mut self,
        address: AddressBlock,
        limit: usize,
        counters: &Counters,
    ) -> bool {
        let Some(own) = self.by_address.get(&address) else {
            return limit > 0;
        };
        if own.len() < limit {
            return true;
        }
        let oldest = own.first().copied();
        let old = oldest.filter(|number| self.all.get(number).is_some_and(Row::is_old));
        old.is_some_and(|number| self.evict(number, counters).is_some())
    }

    #[cfg(test)]
    pub(super) fn is_empty(&self) -> bool {
        self.all.is_empty() && self.by_address.is_empty() && self.by_weight.is_empty()
    }
}

/// As long as a handshake is safe even where its address has many: some round trips.
pub(super) const BRIEF: Duration = Duration::from_millis(200);
/// As long as a handshake is safe from newcomers.
pub(super) const PATIENCE: Duration = Duration::from_secs(1);
