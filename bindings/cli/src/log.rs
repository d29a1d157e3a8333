//! What is logged, where, and how it is written.

use crate::{
    access_file::AccessFile,
    args::{Args, LogFormat},
    session::Session,
    unhurried::Unhurried,
};
use pgs::{AccessLog, Result};
use std::io::{self, IsTerminal};
use tracing::{Subscriber, level_filters::LevelFilter};
use tracing_appender::non_blocking::WorkerGuard;
use tracing_subscriber::{
    EnvFilter, Layer, Registry,
    filter::{Directive, Targets},
    fmt::{self, MakeWriter},
    layer::SubscriberExt,
    registry::LookupSpan,
    util::SubscriberInitExt,
};

type Boxed = Box<dyn Layer<Registry> + Send + Sync>;

/// Begins to log. Sessions have a log of their own, whatever the rest of the log is about.
///
/// Keep what it returns to the end: it is what brings the last lines out.
pub(crate) fn init(args: &Args) -> Result<Vec<WorkerGuard>> {
    let format = args.serve().and_then(|serve| serve.log_format);
    let is_json = format.map_or(args.global.json, |format| format == LogFormat::Json);
    let (mut layers, mut guards) = (Vec::new(), Vec::new());
    if args.serve().is_some() {
        // Whoever reads the log of a proxy must not be able to stop it.
        let (stderr, guard) = Unhurried::before(io::stderr(), is_json);
        guards.push(guard);
        layers.extend(access(args, is_json, &stderr, &mut guards)?);
        layers.push(ordinary(args, is_json, stderr));
    } else {
        layers.push(ordinary(args, is_json, io::stderr));
    }
    tracing_subscriber::registry().with(layers).init();
    Ok(guards)
}

/// `PGS_LOG` decides what is logged, else `-v`, else warnings only; `pgs serve` also says what it does.
fn ordinary<W>(args: &Args, is_json: bool, writer: W) -> Boxed
where
    W: for<'a> MakeWriter<'a> + Send + Sync + 'static,
{
    let default = match (args.global.verbose, args.serve().is_some()) {
        (0, false) => "warn",
        (0, true) | (1, _) => "info",
        (2, _) => "debug",
        _ => "trace",
    };
    let filter = EnvFilter::try_from_env("PGS_LOG").unwrap_or_else(|_| EnvFilter::new(default));
    let filter = match format!("{ACCESS}=off").parse::<Directive>() {
        Ok(without_access) => filter.add_directive(without_access),
        Err(_) => filter,
    };
    let log = fmt::layer()
        .with_writer(writer)
        .with_ansi(io::stderr().is_terminal())
        .with_target(false);
    if is_json {
        log.json().with_filter(filter).boxed()
    } else {
        log.with_filter(filter).boxed()
    }
}

/// The log of sessions, as the configuration has it.
fn access(
    args: &Args,
    is_json: bool,
    stderr: &Unhurried,
    guards: &mut Vec<WorkerGuard>,
) -> Result<Option<Boxed>> {
    let serve = Session::new(&args.global)?.config.serve;
    let is_json = match serve.access_log {
        Some(AccessLog::Off) => return Ok(None),
        Some(AccessLog::Json) => true,
        Some(AccessLog::Text) => false,
        None => is_json,
    };
    Ok(Some(match serve.access_log_file {
        None => lines(is_json, stderr.clone()),
        Some(path) => {
            let file = AccessFile::open(&path)?;
            file.follow_hangups()?;
            let (log, guard) = Unhurried::before(file, is_json);
            guards.push(guard);
            lines(is_json, log)
        }
    }))
}

fn lines<S, W>(is_json: bool, writer: W) -> Box<dyn Layer<S> + Send + Sync>
where
    S: Subscriber + for<'a> LookupSpan<'a>,
    W: for<'a> MakeWriter<'a> + Send + Sync + 'static,
{
    let filter = Targets::new().with_target(ACCESS, LevelFilter::INFO);
    let log = fmt::layer()
        .with_writer(writer)
        .with_ansi(false)
        .with_target(false);
    if is_json {
        let log = log.json().flatten_event(true);
        let log = log.with_current_span(false).with_span_list(false);
        log.with_filter(filter).boxed()
    } else {
        log.with_filter(filter).boxed()
    }
}

/// The target of what is logged about sessions.
const ACCESS: &str = "pgs::access";
