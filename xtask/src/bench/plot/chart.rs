//! What is to be drawn, before it has a place.

use crate::bench::series::Spread;

/// Charts under one heading.
#[derive(Debug)]
pub(super) struct Panel {
    pub(super) title: String,
    pub(super) charts: Vec<Chart>,
}

/// The ways to a server, one below the other.
#[derive(Debug)]
pub(super) struct Chart {
    pub(super) title: String,
    pub(super) unit: &'static str,
    pub(super) bars: Vec<Bar>,
    /// Where a line is drawn to compare with.
    pub(super) reference: Option<f64>,
    /// What the whole width stands for.
    pub(super) full: f64,
}

/// The median as a bar, the lowest and the highest as a whisker.
#[derive(Debug, PartialEq)]
pub(super) struct Bar {
    pub(super) name: String,
    pub(super) spread: Spread,
}

impl Bar {
    /// None of no numbers.
    pub(super) fn of(name: &str, numbers: Vec<f64>) -> Option<Self> {
        let name = name.to_owned();
        (!numbers.is_empty()).then(|| Self {
            name,
            spread: Spread::of(numbers),
        })
    }
}

impl Chart {
    /// As wide as its own highest number; none without a bar.
    pub(super) fn of(title: String, unit: &'static str, bars: Vec<Bar>) -> Option<Self> {
        let full = highest(&bars);
        (!bars.is_empty()).then_some(Self {
            title,
            unit,
            bars,
            reference: None,
            full,
        })
    }
}

impl Panel {
    /// Charts of ratios, all to one scale, with a line at 1.
    pub(super) fn of_ratios(title: String, charts: Vec<Chart>) -> Self {
        let full = charts.iter().map(|chart| chart.full).fold(1.0, f64::max);
        let alike = |chart| Chart {
            reference: Some(1.0),
            full,
            ..chart
        };
        Self {
            title,
            charts: charts.into_iter().map(alike).collect(),
        }
    }
}

fn highest(bars: &[Bar]) -> f64 {
    bars.iter().map(|bar| bar.spread.high).fold(0.0, f64::max)
}
