use super::{
    Audience, Case, Conversation, DELIBERATE, DELIBERATE_IN_TLS, Difference, Ground, Minors,
    Report, Section, groups, report::Verdict, transcript::Transcript,
};
use crate::{RawClient, TlsClient};
use std::panic::{AssertUnwindSafe, catch_unwind};

/// All cases there are.
#[derive(Debug)]
pub struct Suite {
    cases: Vec<Case>,
    minors: Minors,
}

/// What is judged.
pub struct Candidate<'a> {
    /// What it is called in the report.
    pub name: &'a str,
    /// A new connection to it.
    pub connect: &'a dyn Fn() -> RawClient,
    /// What it takes this client for: [`Audience::Stranger`] or [`Audience::Trusted`].
    pub audience: Audience,
}

impl std::fmt::Debug for Candidate<'_> {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.write_str(self.name)
    }
}

impl Suite {
    /// Everything.
    pub fn all() -> Self {
        Self {
            cases: groups::all(),
            minors: Minors::Same,
        }
    }

    /// The cases of one section.
    pub fn of(section: Section) -> Self {
        let mut suite = Self::all();
        suite.cases.retain(|case| case.section == section);
        suite
    }

    /// Without those that need a connection in the clear.
    #[must_use]
    pub fn inside_tls(mut self) -> Self {
        self.cases.retain(|case| case.ground == Ground::Any);
        self
    }

    /// Those that need a judge and a candidate whose clients may speak TLS, as this client does.
    pub fn of_tls(tls: &TlsClient) -> Self {
        Self {
            cases: groups::tls::allowed(tls),
            minors: Minors::Same,
        }
    }

    /// Those that need a judge and a candidate whose clients have to speak TLS.
    pub fn of_required_tls(tls: &TlsClient) -> Self {
        Self {
            cases: groups::tls::required(tls),
            minors: Minors::Same,
        }
    }

    /// The same for a judge and a candidate of these minor versions.
    #[must_use]
    pub fn with_minors(self, minors: Minors) -> Self {
        Self { minors, ..self }
    }

    /// The cases.
    pub fn cases(&self) -> &[Case] {
        &self.cases
    }

    /// Holds every conversation that is meant for such a candidate with both.
    pub fn run(&self, judge: &dyn Fn() -> RawClient, candidate: &Candidate<'_>) -> Report {
        let mut report = Report::new(candidate.name);
        for case in &self.cases {
            if case.audience == Audience::Anybody || case.audience == candidate.audience {
                report.add(case, judged(case, judge, candidate, self.minors));
            }
        }
        report
    }
}

fn judged(
    case: &Case,
    judge: &dyn Fn() -> RawClient,
    candidate: &Candidate<'_>,
    minors: Minors,
) -> Verdict {
    let held = |whom, connect| {
        hold(case, connect, minors)
            .map_err(|panic| format!("the conversation with {whom}: {panic}"))
    };
    let both = held("the judge", judge)
        .and_then(|judge| Ok((judge, held("the candidate", candidate.connect)?)));
    let (judge, candidate) = match both {
        Ok(both) => both,
        Err(panic) => return Verdict::Failed(panic),
    };
    match (
        declared(case, candidate.began_in_tls),
        candidate.unsafe_end(),
    ) {
        (_, Some(lost)) => Verdict::Failed(lost),
        (Some(difference), None) => deliberate(difference, &judge, &candidate),
        (None, None) => candidate
            .difference(&judge)
            .map_or(Verdict::Same, Verdict::Failed),
    }
}

fn declared(case: &Case, in_tls: bool) -> Option<&'static Difference> {
    let table = if in_tls {
        DELIBERATE_IN_TLS
    } else {
        DELIBERATE
    };
    table.iter().find(|difference| difference.case == case.name)
}

fn deliberate(difference: &Difference, judge: &Transcript, candidate: &Transcript) -> Verdict {
    let (judge_says, candidate_says) = (judge.gist(), candidate.gist());
    if candidate.difference(judge).is_none() {
        return Verdict::Failed("declared as deliberate, but there is no difference".to_owned());
    }
    let declared =
        |(tags, sqlstate): (&str, Option<&str>)| (tags.to_owned(), sqlstate.map(str::to_owned));
    let expected = (declared(difference.judge), declared(difference.candidate));
    if expected == (judge_says.clone(), candidate_says.clone()) {
        return Verdict::Deliberate;
    }
    Verdict::Failed(format!(
        "declared as {expected:?}, but the judge says {judge_says:?} and the candidate {candidate_says:?}"
    ))
}

/// A conversation that does not go on as its script wants it is a finding like any other.
fn hold(
    case: &Case,
    connect: &dyn Fn() -> RawClient,
    minors: Minors,
) -> Result<Transcript, String> {
    let held = catch_unwind(AssertUnwindSafe(|| {
        let mut conversation = Conversation::with(connect, minors);
        (case.script)(&mut conversation);
        conversation.end()
    }));
    held.map_err(|panic| {
        let text = panic.downcast_ref::<String>().cloned();
        let text = text.or_else(|| Some((*panic.downcast_ref::<&str>()?).to_owned()));
        text.unwrap_or_else(|| "it panicked".to_owned())
    })
}

#[cfg(test)]
mod tests {
    use super::*;
    use std::collections::BTreeSet;

    #[test]
    fn every_case_has_a_name_of_its_own() {
        let suite = Suite::all();
        let mut names = BTreeSet::new();
        for case in suite.cases() {
            assert!(names.insert(&case.name), "{case:?} is there twice");
        }
    }

    #[test]
    fn every_section_has_cases_and_every_difference_a_case() {
        let suite = Suite::all();
        for section in Section::ALL {
            assert!(
                suite.cases().iter().any(|case| case.section == section),
                "{section}"
            );
        }
        let tls = TlsClient::trusting("");
        let suites = [suite, Suite::of_tls(&tls), Suite::of_required_tls(&tls)];
        for difference in DELIBERATE.iter().chain(DELIBERATE_IN_TLS) {
            let mut cases = suites.iter().flat_map(Suite::cases);
            let declared = cases.any(|case| case.name == difference.case);
            assert!(declared, "no case is named `{}`", difference.case);
        }
    }
}
