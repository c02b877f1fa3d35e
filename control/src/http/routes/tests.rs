//! The authorisation matrix, made from the table: every route, asked by every role with every reach, by programs and by nobody.

use std::sync::Arc;

use agentguard_telemetry::Secret;
use axum::Router;
use axum::body::Body;
use axum::extract::Request;
use http::{StatusCode, header};
use prometheus::Registry;
use serde_json::Value;
use tempfile::TempDir;
use tower::ServiceExt;

use super::{Access, Route, table};
use crate::config::{Config, Rates};
use crate::content::Contents;
use crate::http::{App, Caller, Origin, Parts, router};
use crate::identity::{Identity, NewBinding, NewUser, Permission, Role};
use crate::names::Named;
use crate::policies::{Keys, Policies};
use crate::{ingest, store, tail};

const TOKEN: &str = "0123456789abcdef0123456789abcdef";
const SIDECARS: &str = "a key for all sidecars";

/// What a role may do everywhere; written out here once more, so that the table and the roles are held against something.
fn allowed(role: Role, permission: Permission) -> bool {
    use Permission as P;
    let looks = matches!(permission, P::VerdictsRead | P::SidecarsRead | P::PolicyRead);
    let runs = matches!(permission, P::TailRead | P::PolicyWrite | P::PolicyPublish | P::KillswitchUse);
    match role {
        Role::Owner => !matches!(permission, P::ContentRead | P::IngestWrite),
        Role::Operator => looks || runs,
        Role::Analyst => looks || permission == P::TailRead,
        Role::Viewer => looks,
        Role::Auditor => looks || permission == P::AuditRead,
    }
}

/// Whether having it in some namespaces only is having it.
fn in_a_namespace(permission: Permission) -> bool {
    use Permission as P;
    matches!(
        permission,
        P::VerdictsRead | P::ContentRead | P::TailRead | P::SidecarsRead | P::PolicyRead | P::IngestWrite
    )
}

struct Somebody {
    what: String,
    bearer: Option<String>,
    may: Box<dyn Fn(Permission) -> bool>,
}

async fn app(dir: &TempDir, database: Option<Secret>) -> Arc<App> {
    let mut config = Config::new(dir.path());
    config.database = database;
    config.token = Some(Secret::new(TOKEN));
    config.access.accounts = true;
    config.access.jwt_key = Some(Secret::new("a signing key of more than thirty-two bytes"));
    config.access.sidecar_token = Some(Secret::new(SIDECARS));
    config.access.rates = Rates { query: 0, export: 0, login: 0, ingest: 0 };
    let (store, records) = store::open(&config).await.unwrap();
    let (identity, _) = Identity::open(records.clone(), config.token.as_ref(), &config.access).await.unwrap();
    let registry = Registry::new();
    let metrics = Arc::new(ingest::Metrics::new(&registry).unwrap());
    let hub = Arc::new(tail::Hub::new());
    let (queue, _writer) =
        ingest::Queue::new(&config.limits, Arc::clone(&store), Arc::clone(&hub), Arc::clone(&metrics));
    let keys = Keys::load(None, dir.path()).unwrap();
    let contents = Contents::open(records.clone(), &config.content, &registry).await.unwrap();
    let policies = Arc::new(Policies::new(records, keys, config.limits.bundle_waits));
    let parts = Parts { store, identity, contents, policies, queue, ingest: metrics, hub };
    Arc::new(App::new(&config, registry, parts).unwrap())
}

/// Somebody of each role, everywhere and in one namespace, and everybody else there is.
async fn everybody(app: &App) -> Vec<Somebody> {
    let token = app.identity.bearer(TOKEN).await.unwrap().unwrap();
    let token = Caller::with(token, Origin::default(), Permission::UsersManage, false).unwrap();
    let somebody = |what: &str, bearer: Option<&str>, may: fn(Permission) -> bool| Somebody {
        what: what.to_owned(),
        bearer: bearer.map(str::to_owned),
        may: Box::new(may),
    };
    let mut all = vec![
        somebody("nobody", None, |_| false),
        somebody("a wrong bearer", Some("guess"), |_| false),
        somebody("the one token", Some(TOKEN), |_| true),
        somebody("a sidecar", Some(SIDECARS), |p| {
            matches!(p, Permission::IngestWrite | Permission::PolicyRead)
        }),
    ];
    for &role in Role::ALL {
        for namespaces in [None, Some(["shop".to_owned()].into())] {
            let everywhere = namespaces.is_none();
            let name = format!("{}-{everywhere}", role.name());
            let bindings = vec![NewBinding { role: role.name().to_owned(), content: false, namespaces }];
            let new = NewUser { name: name.clone(), password: "correct horse battery".to_owned(), bindings };
            app.identity.create_user(&token, &new).await.unwrap();
            let session = app.identity.sign_in(&name, &new.password, &Origin::default()).await.unwrap();
            let known = app.identity.session(&session.cookie).await.unwrap().unwrap();
            let caller = Caller::signed_in(Arc::new(known), Origin::default(), true);
            let signed = app.identity.sign(&caller).await.unwrap();
            all.push(Somebody {
                what: name,
                bearer: Some(signed.token),
                may: Box::new(move |p| allowed(role, p) && (everywhere || in_a_namespace(p))),
            });
        }
    }
    all
}

async fn ask(router: &Router, route: &Route, bearer: Option<&str>) -> (StatusCode, String) {
    let path = route
        .path
        .replace("{id}", "x")
        .replace("{binding}", "x")
        .replace("{name}", "x")
        .replace("{version}", "1");
    let mut request = Request::builder().method(route.method.clone()).uri(path);
    request = request.header(header::CONTENT_TYPE, "application/json");
    if let Some(bearer) = bearer {
        request = request.header(header::AUTHORIZATION, format!("Bearer {bearer}"));
    }
    let response = router.clone().oneshot(request.body(Body::from("{}")).unwrap()).await.unwrap();
    let (head, body) = response.into_parts();
    if head.headers.get(header::CONTENT_TYPE).is_none_or(|kind| kind != "application/problem+json") {
        return (head.status, String::new());
    }
    let body = axum::body::to_bytes(body, 1 << 20).await.unwrap();
    let problem: Value = serde_json::from_slice(&body).unwrap();
    (head.status, problem["code"].as_str().unwrap().to_owned())
}

#[tokio::test(flavor = "multi_thread")]
async fn every_route_lets_in_whom_its_permission_says_and_nobody_else() {
    let postgres = tokio::task::spawn_blocking(|| agentguard_testbed::Postgres::shared().database());
    for database in [None, Some(Secret::new(postgres.await.unwrap()))] {
        let dir = TempDir::new().unwrap();
        let app = app(&dir, database).await;
        let router = router(&app);
        let mut asked = 0;
        for somebody in everybody(&app).await {
            for route in table() {
                let (status, code) = ask(&router, &route, somebody.bearer.as_deref()).await;
                let known = somebody.bearer.as_deref().is_some_and(|bearer| bearer != "guess");
                let at = format!("{} {} as {}: {status} {code}", route.method, route.path, somebody.what);
                match route.access {
                    Access::Open => assert!(code != "unauthorized" && code != "forbidden", "{at}"),
                    _ if !known => {
                        assert_eq!((status.as_u16(), code.as_str()), (401, "unauthorized"), "{at}");
                    }
                    Access::Needs(permission) if !(somebody.may)(permission) => {
                        assert_eq!((status.as_u16(), code.as_str()), (403, "forbidden"), "{at}");
                    }
                    _ => assert!(code != "unauthorized" && code != "forbidden", "{at}"),
                }
                asked += 1;
            }
        }
        assert_eq!(asked, table().len() * (4 + 2 * Role::ALL.len()));
    }
}

/// What is open or only for the signed in is so on purpose: it is listed here.
#[test]
fn everything_of_the_api_needs_a_permission_but_what_signing_in_needs() {
    let free = [
        "POST /api/v1/auth/bootstrap",
        "POST /api/v1/auth/login",
        "POST /api/v1/auth/logout",
        "GET /api/v1/auth/me",
        "POST /api/v1/auth/password",
        "POST /api/v1/auth/token",
        "GET /api/v1/roles",
    ];
    for route in table() {
        let name = format!("{} {}", route.method, route.path);
        let needs = matches!(route.access, Access::Needs(_));
        assert_eq!(needs, route.path.starts_with("/api/") && !free.contains(&name.as_str()), "{name}");
    }
}

#[tokio::test]
async fn the_description_names_exactly_the_routes_of_the_table() {
    let response = crate::api::openapi::openapi().await.unwrap();
    let body = axum::body::to_bytes(response.into_body(), 10 << 20).await.unwrap();
    let document: Value = serde_json::from_slice(&body).unwrap();
    let mut described: Vec<String> = Vec::new();
    let paths = document["paths"].as_object().unwrap();
    for (path, item) in paths.iter().filter(|(path, _)| path.starts_with("/api/")) {
        described.extend(item.as_object().unwrap().keys().map(|m| format!("{} {path}", m.to_uppercase())));
    }
    let mut routes: Vec<String> = table()
        .iter()
        .filter(|route| route.path.starts_with("/api/"))
        .map(|route| format!("{} {}", route.method, route.path))
        .collect();
    described.sort();
    routes.sort();
    assert_eq!(described, routes);
}
