//! Looking at many tenants at one time, none of which may keep the others waiting.

use crate::Pgs;
use pgs_core::{
    Error, ErrorKind, Result, TenantId, TenantRecord,
    provision::{InstanceStats, Usage},
};
use std::{
    collections::{BTreeMap, HashMap},
    sync::Arc,
    time::Duration,
};
use tokio::{
    sync::Semaphore,
    time::{Instant, timeout, timeout_at},
};

/// A tenant's record, and what could be told of its server within the time there was.
#[derive(Debug)]
#[non_exhaustive]
pub struct Sight {
    /// What the catalogue knows.
    pub record: TenantRecord,
    /// Whether a server process is there, or why that cannot be told.
    pub is_up: Result<bool>,
    /// What the server tells; none when it does not run, or did not answer in time.
    pub stats: Option<InstanceStats>,
    /// What it uses; none when it does not run, nobody counts, or nobody answered in time.
    pub usage: Option<Usage>,
}

/// How long a busy engine may take to tell what is used.
const BUSY: Duration = Duration::from_secs(5);

impl Pgs {
    /// What can be told of a tenant within the deadline. Only a record that is not there is an error.
    pub async fn sight(&self, id: &TenantId, deadline: Duration) -> Result<Sight> {
        let record = self.get(id).await?;
        let (manager, end) = (self.manager(), Instant::now() + deadline);
        let is_up = timeout_at(end, manager.is_up(&record)).await;
        let is_up = is_up.unwrap_or_else(|_| Err(no_answer(&record.provisioner, deadline)));
        // Whoever answered once may be busy, but is not away.
        let end = Instant::now() + deadline.max(BUSY);
        let (stats, usage) = match is_up {
            Ok(true) => tokio::join!(
                timeout_at(end, manager.stats(&record)),
                timeout_at(end, manager.usage(&record))
            ),
            _ => (Ok(None), Ok(None)),
        };
        Ok(Sight {
            is_up,
            stats: stats.ok().flatten(),
            usage: usage.ok().flatten(),
            record,
        })
    }

    /// What the servers of these tenants tell of themselves, asked a few at a time; none for a server that does not run, or
    /// does not answer within the deadline, which begins when it is asked.
    pub async fn stats(
        &self,
        records: &[TenantRecord],
        deadline: Duration,
    ) -> Vec<Option<InstanceStats>> {
        let ask = |record: &TenantRecord| {
            let (manager, record) = (self.manager().clone(), record.clone());
            async move { timeout(deadline, manager.stats(&record)).await }
        };
        let answers = a_few_at_a_time(records.iter().map(ask)).await;
        answers
            .into_iter()
            .map(|answer| answer?.ok().flatten())
            .collect()
    }

    /// Whether the servers of these tenants are gone although they should run; each provisioner is asked once, and all of
    /// them at the same time.
    ///
    /// A tenant that cannot be looked at within the deadline, because its engine is away for one, is an error of its own.
    pub async fn deaths(&self, records: &[TenantRecord], deadline: Duration) -> Vec<Result<bool>> {
        let mut made_by = BTreeMap::<_, Vec<_>>::new();
        for record in records {
            let made = made_by.entry(record.provisioner.as_str()).or_default();
            made.push(record.clone());
        }
        let look = |made: Vec<TenantRecord>| {
            let manager = self.manager().clone();
            let uids: Vec<_> = made.iter().map(|record| record.uid).collect();
            async move {
                let died = timeout(deadline, manager.have_died(&made)).await;
                uids.into_iter().zip(died.unwrap_or_default())
            }
        };
        let told = a_few_at_a_time(made_by.into_values().map(look)).await;
        let mut told: HashMap<_, _> = told.into_iter().flatten().flatten().collect();
        let died = |record: &TenantRecord| match told.remove(&record.uid) {
            Some(died) => died,
            None if record.should_run() => Err(no_answer(&record.provisioner, deadline)),
            None => Ok(false),
        };
        records.iter().map(died).collect()
    }
}

/// Does this work as tasks of their own, and answers in its order; none for what panicked.
async fn a_few_at_a_time<T, F>(work: impl Iterator<Item = F>) -> Vec<Option<T>>
where
    T: Send + 'static,
    F: Future<Output = T> + Send + 'static,
{
    let turns = Arc::new(Semaphore::new(AT_ONCE));
    let in_turn = |work: F| {
        let turns = Arc::clone(&turns);
        tokio::spawn(async move {
            let _turn = turns.acquire().await;
            work.await
        })
    };
    let tasks: Vec<_> = work.map(in_turn).collect();
    let mut answers = Vec::with_capacity(tasks.len());
    for task in tasks {
        answers.push(task.await.ok());
    }
    answers
}

/// Each may be a connection to a server, or to an engine that serves others too.
const AT_ONCE: usize = 8;

fn no_answer(provisioner: &str, deadline: Duration) -> Error {
    let seconds = deadline.as_secs();
    let message = format!("the provisioner `{provisioner}` did not answer within {seconds} s");
    Error::new(ErrorKind::Timeout, message).with_remedy("see what is wrong with `pgs doctor`")
}

#[cfg(test)]
mod tests {
    use super::*;
    use std::sync::atomic::{AtomicUsize, Ordering};

    #[tokio::test]
    async fn a_few_work_at_a_time_and_all_are_answered_in_order() {
        let (working, most) = (Arc::new(AtomicUsize::new(0)), Arc::new(AtomicUsize::new(0)));
        let work = (0..100).map(|number| {
            let (working, most) = (Arc::clone(&working), Arc::clone(&most));
            async move {
                most.fetch_max(working.fetch_add(1, Ordering::SeqCst) + 1, Ordering::SeqCst);
                tokio::task::yield_now().await;
                working.fetch_sub(1, Ordering::SeqCst);
                number
            }
        });
        let answers: Vec<_> = a_few_at_a_time(work).await.into_iter().flatten().collect();
        assert_eq!(answers, (0..100).collect::<Vec<_>>());
        assert_eq!(most.load(Ordering::SeqCst), AT_ONCE);
    }
}
