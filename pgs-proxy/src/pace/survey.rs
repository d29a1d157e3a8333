use super::{Lately, Lead, OF_THE_MOMENT, Pace, Phase, RefusalTimes, sending::Leads};
use std::{
    sync::{Arc, Mutex, MutexGuard, PoisonError},
    time::{Duration, Instant},
};

/// What decoys have to know of servers, worked out before it is needed: some steps are too short for that.
#[derive(Debug)]
pub(crate) struct Survey {
    made: Instant,
    /// Whole refusals, as clients were told them at this moment.
    refusals: Vec<RefusalTimes>,
    pub(super) greeting: Option<Lately>,
    pub(super) challenge: Option<Lately>,
    pub(super) verdict: Option<Lately>,
    /// Of servers that are heard to end with the error.
    pub(super) end_at_once: Option<Lately>,
    pub(super) end_later: Option<Lately>,
    leads: Leads,
}

impl Survey {
    pub(super) fn of(pace: &Pace) -> Self {
        let mut refusals = pace.told();
        let ends = |at_once| {
            let alike = refusals
                .iter()
                .filter(|times| times.end_at_once() == at_once);
            Lately::of(alike.map(|times| times.closing))
        };
        let (end_at_once, end_later) = (ends(true), ends(false));
        let of = |refusals: &[RefusalTimes], phase| {
            Lately::of(refusals.iter().map(|times| times.in_phase(phase)))
        };
        // It counts from a limit that follows the machine itself.
        let challenge = of(&refusals, Phase::Challenge);
        refusals.truncate(OF_THE_MOMENT);
        Self {
            made: Instant::now(),
            greeting: of(&refusals, Phase::Greeting),
            challenge,
            verdict: of(&refusals, Phase::Verdict),
            end_at_once,
            end_later,
            leads: pace.sending.leads(),
            refusals,
        }
    }

    pub(super) fn lead(&self, phase: Phase, took: Duration) -> &Lead {
        self.leads.of(phase, took)
    }

    /// The refusal of which this phase took nearest as long.
    pub(super) fn nearest(&self, phase: Phase, took: Duration) -> Option<&RefusalTimes> {
        let distance = |times: &&RefusalTimes| times.in_phase(phase).abs_diff(took);
        self.refusals.iter().min_by_key(distance)
    }
}

/// The latest survey.
#[derive(Debug, Default)]
pub(super) struct Surveys(Mutex<Option<Arc<Survey>>>);

impl Surveys {
    pub(super) fn latest(&self, pace: &Pace) -> Arc<Survey> {
        let latest = self.slot().clone();
        latest.unwrap_or_else(|| self.renew(pace))
    }

    /// Who has time for it makes a new one when the latest is not fresh.
    pub(super) fn fresh(&self, pace: &Pace) -> Arc<Survey> {
        let latest = self.slot().clone();
        let fresh = latest.filter(|survey| survey.made.elapsed() < FRESH);
        fresh.unwrap_or_else(|| self.renew(pace))
    }

    /// Nobody waits for it meanwhile.
    fn renew(&self, pace: &Pace) -> Arc<Survey> {
        let survey = Arc::new(Survey::of(pace));
        Arc::clone(self.slot().insert(survey))
    }

    fn slot(&self) -> MutexGuard<'_, Option<Arc<Survey>>> {
        self.0.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

/// A storm of refusals has no need of more, and a machine does not get busy or calm sooner.
const FRESH: Duration = Duration::from_millis(5);
