use crate::{
    args::Import,
    exit_code::{self, ExitCode},
    output,
    session::Session,
    stop_signal::stop_signal,
};
use pgs::{
    Access, Result, TenantId,
    import::{Importer, OldFolder, Outcome, Plan, PlannedTenant, Wishes},
};
use serde_json::{Value, json};

pub(crate) async fn run(session: &Session, args: Import) -> Result<ExitCode> {
    let mut wishes = Wishes::default();
    wishes.renames = args.rename.into_iter().collect();
    wishes.pg_version = args.pg_version;
    let plan = Plan::new(&OldFolder::read(&args.folder)?, &wishes)?;
    let mut plan = plan.fitted(session.config.provisioner);
    if args.without_limits {
        plan = plan.without_limits();
    }
    if args.dry_run {
        show(session, &plan);
        return Ok(ExitCode::SUCCESS);
    }
    let pgs = session.open_for("importing").await?;
    let mut importer = Importer::new(pgs, &session.config);
    if args.without_data {
        importer = importer.without_data();
    }
    for (tenant, server) in args.from {
        importer = importer.from(tenant, server);
    }
    for tenant in args.tenant {
        importer = importer.only(tenant);
    }
    let outcomes = importer.run_until(&plan, stop_signal()?).await?;
    drop(importer);
    tell(session, &plan, &outcomes);
    if outcomes
        .iter()
        .any(|(_, outcome)| matches!(outcome, Ok(Outcome::Interrupted)))
    {
        return Ok(exit_code::INTERRUPTED);
    }
    let first = outcomes
        .iter()
        .find_map(|(_, outcome)| outcome.as_ref().err());
    Ok(first.map_or(ExitCode::SUCCESS, |error| exit_code::of(error.kind())))
}

type Outcomes = [(TenantId, Result<Outcome>)];

fn show(session: &Session, plan: &Plan) {
    if session.json {
        return output::json(&json!({
            "tenants": plan.tenants.iter().map(planned).collect::<Vec<_>>(),
            "others": plan.others,
            "notes": plan.notes,
        }));
    }
    let header = [
        "TENANT",
        "SERVICE",
        "VERSION",
        "ACCESS",
        "LIMITS",
        "OLD SERVER",
        "DATABASE",
    ];
    let rows = plan.tenants.iter().map(|tenant| {
        [
            tenant.id.to_string(),
            tenant.service.clone(),
            tenant
                .pg_version
                .map_or("newest".to_owned(), |major| major.to_string()),
            word(tenant.access).to_owned(),
            limits(tenant),
            old_server(tenant),
            tenant.database.clone(),
        ]
        .map(|cell| output::harmless(&cell))
    });
    output::line(output::table_text(header, rows));
    for tenant in &plan.tenants {
        remark_all(&tenant.id, &tenant.notes);
    }
    tell_beside(plan);
    output::line("Nothing was done.");
}

/// Without its password.
fn planned(tenant: &PlannedTenant) -> Value {
    json!({
        "id": tenant.id,
        "service": tenant.service,
        "image": tenant.image,
        "pg_version": tenant.pg_version,
        "access": tenant.access,
        "limits": tenant.limits,
        "containers": tenant.containers,
        "published": tenant.published,
        "user": tenant.user,
        "database": tenant.database,
        "has_password": tenant.password.is_some(),
        "init_scripts": tenant.init_scripts,
        "notes": tenant.notes,
    })
}

fn word(access: Access) -> &'static str {
    match access {
        Access::Enabled => "enabled",
        Access::Disabled => "disabled",
    }
}

fn limits(tenant: &PlannedTenant) -> String {
    let limits = &tenant.limits;
    let told = [
        limits.memory.map(|memory| format!("memory={memory}")),
        limits.cpus.map(|cpus| format!("cpus={cpus}")),
        limits.pids.map(|pids| format!("pids={pids}")),
        limits.shm.map(|shm| format!("shm={shm}")),
    ];
    let told: Vec<_> = told.into_iter().flatten().collect();
    if told.is_empty() {
        "-".to_owned()
    } else {
        told.join(",")
    }
}

fn old_server(tenant: &PlannedTenant) -> String {
    tenant.published.map_or_else(
        || format!("container {}", tenant.containers.join(" or ")),
        |address| address.to_string(),
    )
}

fn tell(session: &Session, plan: &Plan, outcomes: &Outcomes) {
    if session.json {
        return output::json(&json!({
            "tenants": outcomes.iter().map(outcome).collect::<Vec<_>>(),
            "others": plan.others,
            "notes": plan.notes,
        }));
    }
    for (id, outcome) in outcomes {
        match outcome {
            Ok(Outcome::Imported {
                password, notes, ..
            }) => {
                output::line(format!("{id}: imported"));
                if let Some(password) = password {
                    output::line(format!(
                        "  password  {}   (shown only now)",
                        password.reveal()
                    ));
                }
                remark_all(id, notes);
            }
            Ok(Outcome::Skipped(reason)) => output::line(format!("{id}: skipped: {reason}")),
            Ok(Outcome::Interrupted) => {
                output::remark(format!(
                    "{id}: interrupted, and taken back; import again to go on"
                ));
            }
            Ok(_) => {}
            Err(error) => {
                output::remark(format!("{id}: not imported"));
                output::error(error, false);
            }
        }
    }
    tell_beside(plan);
}

fn outcome((id, outcome): &(TenantId, Result<Outcome>)) -> Value {
    match outcome {
        Ok(Outcome::Imported {
            password, notes, ..
        }) => json!({
            "id": id,
            "done": "imported",
            "password": password.as_ref().map(pgs::Password::reveal),
            "notes": notes,
        }),
        Ok(Outcome::Skipped(reason)) => json!({ "id": id, "done": "skipped", "reason": reason }),
        Ok(Outcome::Interrupted) => json!({ "id": id, "done": "interrupted" }),
        Ok(_) => json!({ "id": id }),
        Err(error) => json!({ "id": id, "done": "failed", "error": output::error_value(error) }),
    }
}

fn tell_beside(plan: &Plan) {
    for name in &plan.others {
        output::remark(output::harmless(&format!(
            "service {name} runs no postgres: left alone"
        )));
    }
    for note in &plan.notes {
        output::remark(output::harmless(note));
    }
}

fn remark_all(id: &TenantId, notes: &[String]) {
    for note in notes {
        output::remark(output::harmless(&format!("{id}: {note}")));
    }
}
