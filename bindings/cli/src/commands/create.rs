use super::{init::read_script, password::read_password};
use crate::{args::Create, output, session::Session};
use pgs::{Access, Created, InstanceSpec, Limits, Privilege, Result, TenantSpec};
use serde_json::json;

pub(crate) async fn run(session: &Session, args: Create) -> Result<()> {
    let (id, spec) = (args.tenant.clone(), spec(&args)?);
    let (access, generated) = (spec.access, spec.password.is_none());
    // Before anything is made, since what fails after it would lose the password.
    let url = pgs::connection_url(&id, session.proxy_address()?);
    let pgs = session.open_for(&format!("creating {id}")).await?;
    let created = pgs.create(id, spec).await?;
    drop(pgs);
    let password = generated.then(|| created.password.reveal());
    if session.json {
        as_json(&created, access, password, &url);
    } else {
        as_text(&created, access, password, &url);
    }
    Ok(())
}

fn spec(args: &Create) -> Result<TenantSpec> {
    let mut spec = TenantSpec::default();
    spec.instance = instance(args);
    spec.password = read_password(&args.password)?;
    spec.access = if args.enable {
        Access::Enabled
    } else {
        Access::Disabled
    };
    spec.networks.allow.clone_from(&args.allow_from);
    spec.networks.deny.clone_from(&args.deny_from);
    spec.protected = args.protect;
    for path in &args.init_script_as_admin {
        spec.init_scripts.push(read_script(path)?.as_admin());
    }
    for path in &args.init_script {
        spec.init_scripts.push(read_script(path)?);
    }
    Ok(spec)
}

fn instance(args: &Create) -> InstanceSpec {
    let mut limits = Limits::default();
    limits.memory = args.memory;
    limits.cpus = args.cpus;
    limits.pids = args.pids;
    limits.shm = args.shm;
    limits.max_connections = args.max_connections;
    let mut instance = InstanceSpec::default();
    instance.pg_version = args.pg_version;
    instance.limits = limits;
    instance.settings.clone_from(&args.settings);
    instance.privilege = if args.superuser {
        Privilege::Superuser
    } else {
        Privilege::Owner
    };
    instance
}

fn as_json(created: &Created, access: Access, password: Option<&str>, url: &str) {
    output::json(&json!({
        "id": created.id,
        "uid": created.uid,
        "pg_version": created.pg_version,
        "password": password,
        "access": access,
        "url": url,
    }));
}

fn as_text(created: &Created, access: Access, password: Option<&str>, url: &str) {
    let id = &created.id;
    output::line(format!(
        "Created tenant {id}: PostgreSQL {}.",
        created.pg_version
    ));
    if let Some(password) = password {
        output::line(format!("  password  {password}   (shown only now)"));
    }
    output::line(format!("  url       {url}"));
    match access {
        Access::Enabled => {
            output::line("  access    enabled: clients reach it while `pgs serve` runs");
        }
        Access::Disabled => output::line(format!(
            "  access    disabled: let clients in with `pgs enable {id}`"
        )),
    }
}
