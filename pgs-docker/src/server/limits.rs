//! Limits, and what is used of them.

use crate::{engine::EngineInfo, holder::Holder, host::Host};
use bollard::{
    models::{ContainerStatsResponse, ContainerUpdateBody},
    query_parameters::StatsOptionsBuilder,
};
use futures_util::StreamExt;
use pgs_core::{
    ByteSize, Error, ErrorKind, Limits, Result,
    provision::{InstanceLabel, Usage},
};
use std::time::{Duration, Instant};

/// Fails when the engine would not enforce one of these limits, or no server would fit in them.
pub(crate) fn check(limits: &Limits, engine: &EngineInfo) -> Result<()> {
    let lacking = [
        (
            limits.memory.is_some() && !engine.has_memory_limit,
            "memory",
        ),
        (limits.cpus.is_some() && !engine.has_cpu_limit, "cpus"),
        (limits.pids.is_some() && !engine.has_pids_limit, "pids"),
    ];
    if let Some((_, limit)) = lacking.into_iter().find(|(is_lacking, _)| *is_lacking) {
        let message = format!("{engine} cannot enforce a limit of {limit}");
        return Err(Error::new(ErrorKind::Unsupported, message)
            .with_remedy("leave the limit out, or give the engine the kernel's control groups"));
    }
    must_suffice(limits, engine)
}

fn must_suffice(limits: &Limits, engine: &EngineInfo) -> Result<()> {
    let too_little = if limits.memory.is_some_and(|memory| memory < LEAST_MEMORY) {
        format!("a memory limit below {LEAST_MEMORY}")
    } else if limits.pids.is_some_and(|pids| pids < LEAST_PIDS) {
        format!("a limit of fewer than {LEAST_PIDS} processes")
    } else if limits
        .cpus
        .is_some_and(|cpus| cpus.millis() < LEAST_CPU_MILLIS)
    {
        "a limit below 0.01 processors".to_owned()
    } else {
        return enough_processors(limits, engine);
    };
    Err(Error::new(
        ErrorKind::InvalidInput,
        format!("{too_little} leaves no room for a server"),
    )
    .with_remedy("give more, or leave the limit out"))
}

fn enough_processors(limits: &Limits, engine: &EngineInfo) -> Result<()> {
    let Some(cpus) = limits.cpus else {
        return Ok(());
    };
    if engine.processors == 0 || u64::from(cpus.millis()) <= engine.processors * 1000 {
        return Ok(());
    }
    let there = engine.processors;
    Err(Error::new(
        ErrorKind::InvalidInput,
        format!(
            "a limit of {cpus} processors is more than the engine's machine has, which is {there}"
        ),
    )
    .with_remedy(format!("give {there} at most, or leave the limit out")))
}

/// Has a running container hold to these limits. A limit that was lifted becomes the machine's own, since the engine lifts
/// none under a running container.
pub(crate) async fn update(host: &Host, holder: &Holder, label: &InstanceLabel) -> Result<()> {
    let (limits, engine) = (&label.spec.limits, host.info().await?);
    let memory = limits.memory.map_or(engine.memory_bytes, ByteSize::bytes);
    let millis = limits
        .cpus
        .map_or(engine.processors * 1000, |cpus| u64::from(cpus.millis()));
    let body = ContainerUpdateBody {
        memory: Some(memory.cast_signed()),
        memory_swap: Some(if limits.memory.is_some() {
            memory.cast_signed()
        } else {
            -1
        }),
        nano_cpus: Some((millis * NANOS_PER_MILLI).cast_signed()),
        pids_limit: Some(limits.pids.map_or(-1, i64::from)),
        ..ContainerUpdateBody::default()
    };
    let updated = host
        .engine
        .docker()
        .update_container(&holder.id, body)
        .await;
    updated.map_err(|error| {
        host.engine.failed(&format!("set the limits of tenant `{}`", label.id), error)
            .with_remedy("a memory limit cannot be set below what is in use: stop the tenant first, or give more")
    })
}

/// What a running container uses, from two looks a moment apart.
pub(crate) async fn usage(host: &Host, holder: &Holder) -> Result<Option<Usage>> {
    let Some(first) = look(host, holder).await? else {
        return Ok(None);
    };
    let begun = Instant::now();
    tokio::time::sleep(BETWEEN_LOOKS).await;
    let Some(second) = look(host, holder).await? else {
        return Ok(None);
    };
    let nanos =
        |seen: &ContainerStatsResponse| seen.cpu_stats.as_ref()?.cpu_usage.as_ref()?.total_usage;
    let mut usage = Usage::default();
    usage.cpu_micros = nanos(&second).map(|nanos| nanos / 1000);
    usage.cpu_millis = nanos(&first)
        .zip(nanos(&second))
        .and_then(|(before, after)| millis(before, after, begun.elapsed()));
    usage.memory_bytes = memory(&second);
    usage.pids = second.pids_stats.and_then(|pids| pids.current);
    usage.oom_kills = oom_kills(host, holder).await;
    Ok(Some(usage))
}

async fn look(host: &Host, holder: &Holder) -> Result<Option<ContainerStatsResponse>> {
    let options = StatsOptionsBuilder::new()
        .stream(false)
        .one_shot(true)
        .build();
    let mut stats = Box::pin(host.engine.docker().stats(&holder.id, Some(options)));
    let seen = stats.next().await.transpose();
    seen.map_err(|error| host.engine.failed("ask what the container uses", error))
}

/// Page cache that nobody used lately is taken back when memory gets short, so it is not counted, as the Docker command
/// does not.
fn memory(seen: &ContainerStatsResponse) -> Option<u64> {
    let memory = seen.memory_stats.as_ref()?;
    let stats = memory.stats.as_ref();
    let idle = ["total_inactive_file", "inactive_file"]
        .iter()
        .find_map(|name| stats?.get(*name));
    Some(
        memory
            .usage?
            .saturating_sub(idle.copied().unwrap_or_default()),
    )
}

fn millis(before: u64, after: u64, between: Duration) -> Option<u32> {
    let used = u128::from(after.checked_sub(before)?);
    u32::try_from((used * 1000).checked_div(between.as_nanos())?).ok()
}

/// The engine does not count them, the kernel does, in a file that is only there for a local engine.
async fn oom_kills(host: &Host, holder: &Holder) -> Option<u64> {
    if !host.engine.is_local() {
        return None;
    }
    let found = host
        .engine
        .docker()
        .inspect_container(&holder.id, None)
        .await
        .ok()?;
    let pid = found.state?.pid.filter(|pid| *pid > 0)?;
    let groups = std::fs::read_to_string(format!("/proc/{pid}/cgroup")).ok()?;
    groups.lines().find_map(oom_kills_of_group)
}

fn oom_kills_of_group(line: &str) -> Option<u64> {
    let (_, rest) = line.split_once(':')?;
    let (controllers, path) = rest.split_once(':')?;
    let file = match controllers {
        "memory" => format!("/sys/fs/cgroup/memory{path}/memory.oom_control"),
        "" => format!("/sys/fs/cgroup{path}/memory.events"),
        _ => return None,
    };
    let text = std::fs::read_to_string(file).ok()?;
    let count = text
        .lines()
        .find_map(|line| line.strip_prefix("oom_kill "))?;
    count.trim().parse().ok()
}

const BETWEEN_LOOKS: Duration = Duration::from_millis(200);
const NANOS_PER_MILLI: u64 = 1_000_000;
const LEAST_MEMORY: ByteSize = ByteSize::from_bytes(32 << 20);
const LEAST_PIDS: u32 = 20;
const LEAST_CPU_MILLIS: u32 = 10;
