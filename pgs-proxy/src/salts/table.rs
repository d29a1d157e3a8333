use super::{
    KnownSalt, KnownServer,
    guises::{Guise, Guises},
    known_salt::tenant_of,
};
use pgs_core::{
    handshake::mock_scram::MockSecret,
    wire::{Challenge, ErrorSource},
};
use std::{
    collections::{BTreeMap, BTreeSet, HashMap},
    sync::Arc,
};

/// The salts by name, bounded for each tenant and for all.
#[derive(Debug, Default)]
pub(super) struct Table {
    by_name: HashMap<Arc<[u8]>, Known>,
    /// The one that was told longest ago first.
    order: BTreeMap<i64, Arc<[u8]>>,
    /// Those that nobody has taken to keep them.
    fresh: BTreeSet<i64>,
    tenants: HashMap<Box<[u8]>, Tenant>,
    guises: Guises,
    /// What was told here counts up, what is taken over counts down.
    last: i64,
    first: i64,
}

#[derive(Debug)]
struct Known {
    challenge: Challenge,
    number: i64,
}

#[derive(Debug, Default)]
struct Tenant {
    numbers: BTreeSet<i64>,
    server: KnownServer,
}

impl Table {
    pub(super) fn challenge(&self, name: &[u8]) -> Option<Challenge> {
        self.by_name.get(name).map(|known| known.challenge.clone())
    }

    pub(super) fn guise(&self, name: &[u8], secret: &MockSecret, default: ErrorSource) -> Guise {
        let tenant = tenant_of(name);
        let unknown = KnownServer::unknown();
        let known = self.tenants.get(tenant).map(|tenant| &tenant.server);
        self.guises
            .pick(tenant, known.unwrap_or(&unknown), secret, default)
    }

    pub(super) fn learn(&mut self, name: &[u8], challenge: Challenge) {
        let is_fresh = self
            .by_name
            .get(name)
            .is_none_or(|known| known.challenge != challenge || self.fresh.contains(&known.number));
        self.last += 1;
        let number = self.last;
        self.insert(number, name, challenge);
        if is_fresh {
            self.fresh.insert(number);
        }
        self.shrink(tenant_of(name));
    }

    /// Learns more of the server that has told this name's salt.
    pub(super) fn learn_server(&mut self, name: &[u8], server: &KnownServer) {
        if let Some(known) = self.by_name.get(name) {
            let number = known.number;
            if self.update(tenant_of(name), |known| server.or(known)) {
                self.fresh.insert(number);
            }
        }
    }

    /// Takes over what is missing here, as told before anything else.
    pub(super) fn preset(&mut self, salt: &KnownSalt) {
        let tenant = self.tenants.get(salt.tenant());
        let has_room = self.by_name.len() < KnownSalt::MOST
            && tenant.is_none_or(|tenant| tenant.numbers.len() < KnownSalt::MOST_PER_TENANT);
        if has_room && !self.by_name.contains_key(&salt.name[..]) {
            self.first -= 1;
            self.insert(self.first, &salt.name, salt.challenge.clone());
        }
        self.update(salt.tenant(), |known| known.or(&salt.server));
    }

    /// Those that nobody has taken, the one told longest ago first.
    pub(super) fn take_fresh(&mut self) -> Vec<KnownSalt> {
        let numbers = std::mem::take(&mut self.fresh);
        let salt = |number| {
            let name = self.order.get(&number)?;
            let known = self.by_name.get(name)?;
            let salt = KnownSalt::new(name.to_vec(), known.challenge.clone());
            let tenant = self.tenants.get(tenant_of(name))?;
            Some(salt.with_server(tenant.server.clone()))
        };
        numbers.into_iter().filter_map(salt).collect()
    }

    pub(super) fn len(&self) -> usize {
        self.by_name.len()
    }

    fn insert(&mut self, number: i64, name: &[u8], challenge: Challenge) {
        let tenant = self.tenants.entry(tenant_of(name).into()).or_default();
        tenant.numbers.insert(number);
        let name = match self.by_name.remove_entry(name) {
            Some((name, known)) => {
                tenant.numbers.remove(&known.number);
                self.order.remove(&known.number);
                self.fresh.remove(&known.number);
                name
            }
            None => Arc::from(name),
        };
        self.order.insert(number, Arc::clone(&name));
        self.by_name.insert(name, Known { challenge, number });
    }

    /// Whether it is something else than before.
    fn update(&mut self, tenant: &[u8], adapt: impl FnOnce(&KnownServer) -> KnownServer) -> bool {
        let Some(tenant) = self.tenants.get_mut(tenant) else {
            return false;
        };
        let server = adapt(&tenant.server);
        if server == tenant.server {
            return false;
        }
        self.guises.remove(&tenant.server);
        self.guises.add(&server);
        tenant.server = server;
        true
    }

    /// Forgets one of this tenant if it has too many, else one of anybody if there are too many.
    fn shrink(&mut self, tenant: &[u8]) {
        let of_tenant = self.tenants.get(tenant);
        let too_many = of_tenant.filter(|of| of.numbers.len() > KnownSalt::MOST_PER_TENANT);
        let oldest = match too_many {
            Some(tenant) => tenant.numbers.first(),
            None if self.by_name.len() > KnownSalt::MOST => self.order.keys().next(),
            None => None,
        };
        if let Some(oldest) = oldest.copied() {
            self.forget(oldest);
        }
    }

    fn forget(&mut self, number: i64) {
        self.fresh.remove(&number);
        let Some(name) = self.order.remove(&number) else {
            return;
        };
        self.by_name.remove(&name);
        let name = tenant_of(&name);
        if let Some(tenant) = self.tenants.get_mut(name) {
            tenant.numbers.remove(&number);
            if tenant.numbers.is_empty() {
                self.guises.remove(&tenant.server);
                self.tenants.remove(name);
            }
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn challenge() -> Challenge {
        Challenge::new("c2FsdA==", 1).unwrap()
    }

    fn role(number: usize, tenant: &str) -> Vec<u8> {
        format!("role{number}\0{tenant}").into_bytes()
    }

    #[test]
    fn a_flood_of_invented_roles_displaces_its_own_tenants_only() {
        let mut table = Table::default();
        table.learn(b"acme", challenge());
        table.learn(b"flooded", challenge());
        for number in 0..KnownSalt::MOST {
            table.learn(&role(number, "flooded"), challenge());
        }
        assert!(table.challenge(b"acme").is_some());
        assert_eq!(table.challenge(b"flooded"), None);
        let size = KnownSalt::MOST_PER_TENANT + 1;
        assert_eq!(
            [table.by_name.len(), table.order.len(), table.fresh.len()],
            [size; 3]
        );
    }

    #[test]
    fn names_that_are_told_stay_while_others_go() {
        let mut table = Table::default();
        table.learn(b"in use", challenge());
        table.learn(b"forgotten", challenge());
        for number in 0..KnownSalt::MOST - 1 {
            if number == 9 {
                table.learn(b"in use", challenge());
            }
            table.learn(number.to_string().as_bytes(), challenge());
        }
        let sizes = [table.by_name.len(), table.order.len(), table.tenants.len()];
        assert_eq!(sizes, [KnownSalt::MOST; 3]);
        assert_eq!(table.challenge(b"forgotten"), None);
        assert!(table.challenge(b"in use").is_some());
    }

    #[test]
    fn what_is_taken_over_displaces_nothing() {
        let mut table = Table::default();
        let quota = KnownSalt::MOST_PER_TENANT;
        for number in 0..quota - 1 {
            table.learn(&role(number, "acme"), challenge());
        }
        for number in quota..quota + 9 {
            table.preset(&KnownSalt::new(role(number, "acme"), challenge()));
        }
        assert_eq!(table.by_name.len(), quota);
        table.learn(b"acme", challenge());
        assert_eq!(table.challenge(&role(quota, "acme")), None, "the oldest");
        assert!(table.challenge(&role(0, "acme")).is_some());
    }

    #[test]
    fn a_server_is_forgotten_with_the_last_role_of_its_tenant() {
        let mut table = Table::default();
        let secret = MockSecret::new([7; 32]);
        let [live, default] = ["334", "1"].map(|l| ErrorSource::known("auth.c", l, "auth_failed"));
        let shown = |table: &Table, name: &[u8]| {
            let guise = table.guise(name, &secret, default.clone());
            guise.wrong_password
        };
        table.learn(b"acme", challenge());
        table.take_fresh();
        let server = KnownServer::unknown().with_wrong_password(live.clone());
        table.learn_server(b"acme", &server);
        for name in [&b"acme"[..], b"clerk\0acme", b"nobody"] {
            assert_eq!(shown(&table, name), live);
        }
        let kept = KnownSalt::new(b"acme".to_vec(), challenge()).with_server(server);
        assert_eq!(table.take_fresh(), [kept]);
        table.forget(table.last);
        assert_eq!(shown(&table, b"acme"), default);
    }
}
