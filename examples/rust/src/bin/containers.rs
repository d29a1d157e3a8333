//! Tenants as Docker containers: limited when they are made, given more while they run.
//!
//! Run it with `cargo run -p pgs-examples --bin containers`, where a Docker Engine answers. An argument is the image, by
//! default the official `postgres:18`.
#![expect(clippy::print_stdout, reason = "an example shows what it does")]

use pgs::{Access, Change, Config, ProvisionerKind, SpecChange, TenantSpec};

#[tokio::main]
async fn main() -> Result<(), Box<dyn std::error::Error>> {
    let mut config = Config::default();
    config.provisioner = ProvisionerKind::Docker;
    if let Some(image) = std::env::args().nth(1) {
        config.docker.image = image;
    }
    // A real application would use `Pgs::open(&config)`, whose tenants stay; this one takes everything with it.
    let pgs = pgs::ephemeral_with(config).await?;

    let mut spec = TenantSpec::default();
    spec.access = Access::Enabled;
    spec.instance.limits.memory = Some("256m".parse()?);
    spec.instance.limits.cpus = Some("0.5".parse()?);
    let created = pgs.create("acme".parse()?, spec).await?;
    println!(
        "created {}, PostgreSQL {} in a container",
        created.id, created.pg_version
    );

    let mut change = SpecChange::default();
    change.memory = Change::Set("512m".parse()?);
    let altered = pgs.alter(&created.id, change).await?;
    println!(
        "it may use 512m now; the next start brings {}",
        altered.at_next_start.join(", ")
    );

    let view = pgs.show(&created.id).await?;
    let used = view
        .usage
        .and_then(|usage| usage.memory_bytes)
        .unwrap_or_default();
    println!("it uses {} kB", used / 1024);
    pgs.close().await?;
    Ok(())
}
