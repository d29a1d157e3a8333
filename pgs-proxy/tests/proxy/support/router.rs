use super::soon;
use async_trait::async_trait;
use pgs_core::{
    Endpoint, TenantUid, Timestamp,
    routing::{Refusal, Route, RouteRequest, Router},
};
use std::{
    collections::{HashMap, HashSet},
    sync::Mutex,
    thread::{self, ThreadId},
};
use tokio::sync::Notify;

/// Says what it was told, tenant by tenant.
#[derive(Debug, Default)]
pub(crate) struct TestRouter {
    answers: Mutex<HashMap<Vec<u8>, Result<Route, Refusal>>>,
    denied: Mutex<HashSet<TenantUid>>,
    asked: Notify,
    /// The threads that it was asked on.
    pub(crate) threads: Mutex<HashSet<(Option<String>, ThreadId)>>,
}

impl TestRouter {
    pub(crate) fn lead(&self, name: &str, endpoint: Endpoint) -> TenantUid {
        self.lead_with_limit(name, endpoint, None)
    }

    pub(crate) fn lead_with_limit(
        &self,
        name: &str,
        endpoint: Endpoint,
        limit: Option<u32>,
    ) -> TenantUid {
        let uid = TenantUid::new(Timestamp::from_millis(1_700_000_000_000));
        let mut route = Route::new(uid, name.parse().unwrap(), endpoint);
        route.max_sessions = limit;
        self.answer(name, Ok(route));
        uid
    }

    pub(crate) fn answer(&self, name: &str, answer: Result<Route, Refusal>) {
        self.answers.lock().unwrap().insert(name.into(), answer);
    }

    /// Waits until a name was asked for twice more.
    pub(crate) async fn asked_again(&self) {
        soon(self.asked.notified()).await;
        soon(self.asked.notified()).await;
    }

    pub(crate) fn deny(&self, uid: TenantUid) {
        self.denied.lock().unwrap().insert(uid);
    }
}

#[async_trait]
impl Router for TestRouter {
    async fn route(&self, request: &RouteRequest<'_>) -> Result<Route, Refusal> {
        self.asked.notify_one();
        let thread = thread::current();
        let thread = (thread.name().map(str::to_owned), thread.id());
        self.threads.lock().unwrap().insert(thread);
        let tenant = request.tenant()?;
        let answers = self.answers.lock().unwrap();
        let answer = answers.get(&*tenant).cloned();
        let mut route = answer.unwrap_or(Err(Refusal::UnknownTenant))?;
        route.login = route.login.or_else(|| request.login(&route.id));
        Ok(route)
    }

    async fn admits(&self, uid: TenantUid) -> bool {
        !self.denied.lock().unwrap().contains(&uid)
    }
}
