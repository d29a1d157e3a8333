//! What operations answer, in a language without objects of its own.

use pgs::Timestamp as Moment;

pgs_bindings::reports!(#[doc = ""]);

fn moment(at: pgs::Timestamp) -> Moment {
    at
}

#[tokio::test]
async fn a_tenant_is_told_with_all_it_was_asked_for() {
    let options = serde_json::json!({ "pids": 100, "maxConnections": 7, "memory": "1g", "cpus": 0.5,
        "settings": { "work_mem": "2MB" }, "allowFrom": ["10.0.0.0/8"], "protect": true });
    let spec = pgs_bindings::create_options(options, pgs_bindings::Dialect::Camel).unwrap();
    let now = pgs::Timestamp::from_millis(1);
    let mut record = pgs::TenantRecord::creating(
        "acme".parse().unwrap(),
        pgs::TenantUid::new(now),
        "local",
        pgs::PgMajor::NEWEST,
        spec.instance,
        now,
    );
    record.networks = spec.networks;
    record.protected = spec.protected;
    record.lifecycle = pgs::Lifecycle::Failed("it broke".into());
    let tenant = Tenant::from(record);
    assert_eq!((tenant.id.as_str(), tenant.pg_version), ("acme", 18));
    assert_eq!(
        (tenant.state.as_str(), tenant.error.as_deref()),
        ("failed", Some("it broke"))
    );
    assert_eq!(
        (tenant.desired.as_str(), tenant.access.as_str()),
        ("running", "disabled")
    );
    assert_eq!(tenant.limits.memory_bytes, Some(1 << 30));
    assert_eq!(
        (tenant.limits.cpus, tenant.limits.pids),
        (Some(0.5), Some(100))
    );
    assert_eq!(tenant.settings["work_mem"], "2MB");
    assert_eq!(tenant.networks.allow_from, ["10.0.0.0/8"]);
    assert!(tenant.protected && !tenant.superuser);
}
