//! Whether two samples come from one distribution.

use rand::RngExt;

/// The largest distance between the two distribution functions: by how much one look at the clock can make a guess
/// better than a coin, whatever the threshold.
pub(super) fn kolmogorov_smirnov(one: &[f64], other: &[f64]) -> f64 {
    let (one, other) = (sorted(one), sorted(other));
    let share =
        |of: &[f64], limit: f64| ratio(of.partition_point(|value| *value <= limit), of.len());
    let limits = one.iter().chain(&other);
    limits
        .map(|limit| (share(&one, *limit) - share(&other, *limit)).abs())
        .fold(0.0, f64::max)
}

/// How likely such a distance is, or a larger one, between samples of one distribution.
///
/// Source: Kolmogorov's distribution with the correction of Stephens (1970).
pub(super) fn kolmogorov_smirnov_p(distance: f64, one: usize, other: usize) -> f64 {
    let size = ratio(one * other, one + other).sqrt();
    let scaled = (size + 0.12 + 0.11 / size) * distance;
    let terms = (1..=100).map(|k: i32| {
        let sign = if k % 2 == 1 { 2.0 } else { -2.0 };
        sign * (-2.0 * (f64::from(k) * scaled).powi(2)).exp()
    });
    if scaled < 0.2 {
        return 1.0;
    }
    terms.sum::<f64>().clamp(0.0, 1.0)
}

/// How often a value of the second is larger than one of the first (Mann-Whitney): 0.5 when it says nothing.
pub(super) fn mann_whitney(one: &[f64], other: &[f64]) -> f64 {
    let one = sorted(one);
    let wins = |value: &f64| {
        let below = one.partition_point(|candidate| candidate < value);
        let upto = one.partition_point(|candidate| candidate <= value);
        ratio(below + upto, 2)
    };
    other.iter().map(wins).sum::<f64>() / ratio(one.len() * other.len(), 1)
}

/// Each of the second among those of the first that were made at about its time: what share of them it takes longer than.
///
/// A machine is now quicker, now slower, and two samples that are alike over an hour may still be told from each other in each
/// minute.
pub(super) fn places_in_their_moments(one: &[f64], other: &[f64]) -> Vec<f64> {
    let moments = one.windows(MOMENT);
    let in_the_middle = other.get(MOMENT / 2..).unwrap_or_default();
    let place = |(moment, value): (&[f64], &f64)| mann_whitney(moment, &[*value]);
    moments.zip(in_the_middle).map(place).collect()
}

/// The median of the second minus that of the first, and where it is in 95 of 100 samples like these (bootstrap).
pub(super) fn median_difference(one: &[f64], other: &[f64]) -> [f64; 3] {
    let median = |of: &[f64]| quantile(of, 0.5);
    let differences: Vec<f64> = (0..RESAMPLES)
        .map(|_| median(&resampled(other)) - median(&resampled(one)))
        .collect();
    [
        median(other) - median(one),
        quantile(&differences, 0.025),
        quantile(&differences, 0.975),
    ]
}

fn resampled(of: &[f64]) -> Vec<f64> {
    let mut random = rand::rng();
    let pick = |_| of.get(random.random_range(0..of.len().max(1))).copied();
    (0..of.len()).filter_map(pick).collect()
}

pub(super) fn quantile(of: &[f64], share: f64) -> f64 {
    let sorted = sorted(of);
    #[expect(
        clippy::cast_possible_truncation,
        clippy::cast_sign_loss,
        reason = "an index"
    )]
    let index = (ratio(sorted.len().saturating_sub(1), 1) * share).round() as usize;
    sorted.get(index).copied().unwrap_or(f64::NAN)
}

pub(super) fn share(of: &[f64], counts: impl Fn(f64) -> bool) -> f64 {
    ratio(of.iter().filter(|value| counts(**value)).count(), of.len())
}

fn sorted(of: &[f64]) -> Vec<f64> {
    let mut sorted = of.to_vec();
    sorted.sort_by(f64::total_cmp);
    sorted
}

#[expect(clippy::cast_precision_loss, reason = "counts of thousands")]
fn ratio(part: usize, whole: usize) -> f64 {
    part as f64 / whole as f64
}

const RESAMPLES: usize = 500;
/// An odd number, so that one is in the middle.
pub(super) const MOMENT: usize = 17;

#[cfg(test)]
mod tests {
    use super::*;

    fn up_to(last: u32) -> Vec<f64> {
        (0..last).map(f64::from).collect()
    }

    fn is_near(one: f64, other: f64) -> bool {
        (one - other).abs() < 0.01
    }

    #[test]
    fn a_sample_is_as_itself() {
        let sample = up_to(100);
        assert!(is_near(kolmogorov_smirnov(&sample, &sample), 0.0));
        assert!(is_near(kolmogorov_smirnov_p(0.0, 100, 100), 1.0));
        assert!(is_near(mann_whitney(&sample, &sample), 0.5));
        assert!(is_near(median_difference(&sample, &sample)[0], 0.0));
    }

    #[test]
    fn what_is_apart_is_seen_apart() {
        let (low, high): (_, Vec<f64>) =
            (up_to(100), up_to(100).iter().map(|v| v + 200.0).collect());
        assert!(is_near(kolmogorov_smirnov(&low, &high), 1.0));
        assert!(is_near(kolmogorov_smirnov_p(1.0, 100, 100), 0.0));
        assert!(is_near(mann_whitney(&low, &high), 1.0));
        let [difference, from, to] = median_difference(&low, &high);
        assert!(is_near(difference, 200.0) && from < 200.0 && to > 200.0);
    }

    #[test]
    fn who_lags_behind_is_seen_in_the_moments_only() {
        let machine: Vec<f64> = up_to(1_000).iter().map(|round| round % 100.0).collect();
        let late = [&machine[980..], &machine[..980]].concat();
        assert!(kolmogorov_smirnov(&machine, &late) < 0.01);
        let places = places_in_their_moments(&machine, &machine);
        assert_eq!(places.len(), 1_000 - MOMENT + 1);
        let shortest = |places: &[f64]| share(places, |place| place <= 0.0);
        assert!(shortest(&places) < 0.01);
        assert!(share(&places, |place| is_near(place, 0.5)) > 0.8);
        let places = places_in_their_moments(&machine, &late);
        assert!(shortest(&places) > 0.7);
        assert!(places_in_their_moments(&machine[..9], &late).is_empty());
    }

    /// The table's value for 5 %: 1.358 * sqrt(2 / n).
    #[test]
    fn a_distance_at_the_tables_limit_has_its_probability() {
        let limit = 1.358 * (2.0_f64 / 1_000.0).sqrt();
        assert!(is_near(kolmogorov_smirnov_p(limit, 1_000, 1_000), 0.05));
    }
}
