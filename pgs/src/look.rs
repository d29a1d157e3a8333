//! Looking at many tenants at one time, none of which may keep the others waiting.

use crate::Pgs;
use pgs_core::{
    Error, ErrorKind, Result, TenantId, TenantManager, TenantRecord,
    provision::{InstanceStats, Usage},
};
use std::time::Duration;
use tokio::time::{Instant, timeout, timeout_at};

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

impl Pgs {
    /// What can be told of a tenant within the deadline. Only a record that is not there is an error.
    pub async fn sight(&self, id: &TenantId, deadline: Duration) -> Result<Sight> {
        let record = self.get(id).await?;
        let (manager, end) = (self.manager(), Instant::now() + deadline);
        let is_up = timeout_at(end, manager.is_up(&record)).await;
        let is_up = is_up.unwrap_or_else(|_| Err(no_answer(&record.provisioner, deadline)));
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

    /// What the servers of these tenants tell of themselves, asked side by side; none for a server that does not run, or
    /// does not answer within the deadline.
    pub async fn stats(
        &self,
        records: &[TenantRecord],
        deadline: Duration,
    ) -> Vec<Option<InstanceStats>> {
        let ask = |manager: TenantManager, record: TenantRecord| async move {
            manager.stats(&record).await
        };
        let answers = self.side_by_side(records, deadline, ask).await;
        answers
            .into_iter()
            .map(|answer| answer.ok().flatten())
            .collect()
    }

    /// Whether the servers of these tenants are gone although they should run, looked at side by side.
    ///
    /// A tenant that cannot be looked at within the deadline, because its engine is away for one, is an error of its own.
    pub async fn deaths(&self, records: &[TenantRecord], deadline: Duration) -> Vec<Result<bool>> {
        let look = |manager: TenantManager, record: TenantRecord| async move {
            manager.has_died(&record).await
        };
        let answers = self.side_by_side(records, deadline, look).await;
        answers.into_iter().map(Result::flatten).collect()
    }

    async fn side_by_side<T: Send + 'static, F: Future<Output = T> + Send + 'static>(
        &self,
        records: &[TenantRecord],
        deadline: Duration,
        ask: impl Fn(TenantManager, TenantRecord) -> F,
    ) -> Vec<Result<T>> {
        let asked = records.iter().map(|record| {
            let answer = timeout(deadline, ask(self.manager().clone(), record.clone()));
            (record.provisioner.clone(), tokio::spawn(answer))
        });
        let asked: Vec<_> = asked.collect();
        let mut answers = Vec::with_capacity(asked.len());
        for (provisioner, answer) in asked {
            let answer = answer.await.ok().and_then(Result::ok);
            answers.push(answer.ok_or_else(|| no_answer(&provisioner, deadline)));
        }
        answers
    }
}

fn no_answer(provisioner: &str, deadline: Duration) -> Error {
    let seconds = deadline.as_secs();
    let message = format!("the provisioner `{provisioner}` did not answer within {seconds} s");
    Error::new(ErrorKind::Timeout, message).with_remedy("see what is wrong with `pgs doctor`")
}
