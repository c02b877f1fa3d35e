//! Every route with what it needs: the one table that the router, the front and the tests read.

use std::collections::HashMap;
use std::sync::Arc;

use axum::Router;
use axum::handler::Handler;
use axum::routing::{MethodFilter, MethodRouter, on};
use http::Method;

use super::{App, auth, health, pages};
use crate::api;
use crate::identity::Permission;

/// What a route asks of whoever comes.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Access {
    /// Nothing: probes and the way in.
    Open,
    /// To be somebody.
    SignedIn,
    /// To hold this permission, somewhere.
    Needs(Permission),
}

/// What a request costs, and so how many of its kind one caller may send.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub(crate) enum Class {
    /// Probes and files: not limited.
    Free,
    /// Questions and changes.
    Query,
    /// Long answers.
    Export,
    /// Passwords and tokens.
    Login,
    /// What sidecars send.
    Ingest,
}

/// One method of one address.
pub(crate) struct Route {
    pub(crate) method: Method,
    pub(crate) path: &'static str,
    pub(crate) access: Access,
    pub(crate) class: Class,
    handler: MethodRouter<Arc<App>>,
}

impl Route {
    fn new<H, T>(method: Method, path: &'static str, access: Access, handler: H) -> Self
    where
        H: Handler<T, Arc<App>>,
        T: 'static,
    {
        let filter = match method {
            Method::POST => MethodFilter::POST,
            Method::PUT => MethodFilter::PUT,
            Method::PATCH => MethodFilter::PATCH,
            Method::DELETE => MethodFilter::DELETE,
            _ => MethodFilter::GET,
        };
        let class = if access == Access::Open { Class::Free } else { Class::Query };
        Self { method, path, access, class, handler: on(filter, handler) }
    }

    fn class(mut self, class: Class) -> Self {
        self.class = class;
        self
    }
}

fn get<T: 'static>(path: &'static str, access: Access, handler: impl Handler<T, Arc<App>>) -> Route {
    Route::new(Method::GET, path, access, handler)
}

fn post<T: 'static>(path: &'static str, access: Access, handler: impl Handler<T, Arc<App>>) -> Route {
    Route::new(Method::POST, path, access, handler)
}

fn put<T: 'static>(path: &'static str, access: Access, handler: impl Handler<T, Arc<App>>) -> Route {
    Route::new(Method::PUT, path, access, handler)
}

fn patch<T: 'static>(path: &'static str, access: Access, handler: impl Handler<T, Arc<App>>) -> Route {
    Route::new(Method::PATCH, path, access, handler)
}

fn delete<T: 'static>(path: &'static str, access: Access, handler: impl Handler<T, Arc<App>>) -> Route {
    Route::new(Method::DELETE, path, access, handler)
}

/// The table. A route can only be added with what it needs.
pub(crate) fn table() -> Vec<Route> {
    use Access::{Needs, Open, SignedIn};
    use Permission as P;
    use api::access;
    vec![
        post("/api/v1/ingest/verdicts", Needs(P::IngestWrite), api::ingest::verdicts).class(Class::Ingest),
        post("/api/v1/sidecar/heartbeat", Needs(P::IngestWrite), api::ingest::heartbeat).class(Class::Ingest),
        get("/api/v1/overview", Needs(P::VerdictsRead), api::overview::overview),
        get("/api/v1/timeseries", Needs(P::VerdictsRead), api::overview::timeseries),
        get("/api/v1/workloads", Needs(P::VerdictsRead), api::overview::workloads),
        get("/api/v1/models", Needs(P::VerdictsRead), api::overview::models),
        get("/api/v1/verdicts", Needs(P::VerdictsRead), api::verdicts::list),
        get("/api/v1/verdicts/facets", Needs(P::VerdictsRead), api::verdicts::facets),
        get("/api/v1/verdicts/{id}", Needs(P::VerdictsRead), api::verdicts::detail),
        get("/api/v1/verdicts/{id}/content", Needs(P::ContentRead), api::content::show),
        delete("/api/v1/verdicts/{id}/content", Needs(P::SettingsManage), api::content::erase),
        get("/api/v1/content/keys", Needs(P::SettingsManage), api::content::keys),
        post("/api/v1/content/keys/rotate", Needs(P::SettingsManage), api::content::rotate),
        post("/api/v1/content/erase", Needs(P::SettingsManage), api::content::erase_day),
        get("/api/v1/sidecars", Needs(P::SidecarsRead), api::sidecars),
        get("/api/v1/tail", Needs(P::TailRead), api::tail::tail),
        get("/api/v1/policy", Needs(P::PolicyRead), api::policy),
        get("/api/v1/policies", Needs(P::PolicyRead), api::policies::list),
        post("/api/v1/policies", Needs(P::PolicyWrite), api::policies::create),
        post("/api/v1/policies/validate", Needs(P::PolicyWrite), api::policies::validate),
        post("/api/v1/policies/simulate", Needs(P::PolicyWrite), api::policies::simulate)
            .class(Class::Export),
        post("/api/v1/policies/supersede", Needs(P::PolicyPublish), api::policies::supersede),
        get("/api/v1/policies/{name}", Needs(P::PolicyRead), api::policies::detail),
        delete("/api/v1/policies/{name}", Needs(P::PolicyWrite), api::policies::delete),
        post("/api/v1/policies/{name}/versions", Needs(P::PolicyWrite), api::policies::add),
        get("/api/v1/policies/{name}/versions/{version}", Needs(P::PolicyRead), api::policies::version),
        get("/api/v1/policies/{name}/diff", Needs(P::PolicyRead), api::policies::diff),
        post("/api/v1/policies/{name}/publish", Needs(P::PolicyPublish), api::policies::publish),
        post("/api/v1/policies/{name}/promote", Needs(P::PolicyPublish), api::policies::promote),
        post("/api/v1/policies/{name}/rollback", Needs(P::PolicyPublish), api::policies::roll_back),
        post("/api/v1/policies/{name}/withdraw", Needs(P::PolicyPublish), api::policies::withdraw),
        get("/api/v1/kill-switch", Needs(P::PolicyRead), api::policies::kill_switch),
        put("/api/v1/kill-switch", Needs(P::KillswitchUse), api::policies::set_kill_switch),
        get("/api/v1/sidecar/bundle", Needs(P::PolicyRead), api::bundle::bundle).class(Class::Ingest),
        get("/api/v1/sidecars/policies", Needs(P::SidecarsRead), api::policies::sidecars),
        get("/.well-known/agentguard-keys", Open, api::bundle::keys),
        post("/api/v1/auth/bootstrap", Open, access::auth::bootstrap).class(Class::Login),
        post("/api/v1/auth/login", Open, access::auth::login).class(Class::Login),
        post("/api/v1/auth/logout", SignedIn, access::auth::logout),
        get("/api/v1/auth/me", SignedIn, access::auth::me),
        post("/api/v1/auth/password", SignedIn, access::auth::password).class(Class::Login),
        post("/api/v1/auth/token", SignedIn, access::auth::token).class(Class::Login),
        get("/api/v1/roles", SignedIn, access::users::roles),
        get("/api/v1/users", Needs(P::UsersManage), access::users::list),
        post("/api/v1/users", Needs(P::UsersManage), access::users::create),
        get("/api/v1/users/{id}", Needs(P::UsersManage), access::users::show),
        patch("/api/v1/users/{id}", Needs(P::UsersManage), access::users::change),
        delete("/api/v1/users/{id}", Needs(P::UsersManage), access::users::remove),
        post("/api/v1/users/{id}/bindings", Needs(P::UsersManage), access::users::bind),
        delete("/api/v1/users/{id}/bindings/{binding}", Needs(P::UsersManage), access::users::unbind),
        get("/api/v1/api-keys", Needs(P::KeysManage), access::keys::list),
        post("/api/v1/api-keys", Needs(P::KeysManage), access::keys::create),
        delete("/api/v1/api-keys/{id}", Needs(P::KeysManage), access::keys::revoke),
        get("/api/v1/audit", Needs(P::AuditRead), access::audit::list),
        post("/api/v1/audit/verify", Needs(P::AuditRead), access::audit::verify).class(Class::Export),
        get("/health", Open, health::health),
        get("/livez", Open, health::livez),
        get("/readyz", Open, health::readyz),
        get("/startupz", Open, health::startupz),
        get("/version", Open, health::version),
        get("/openapi.json", SignedIn, api::openapi::openapi).class(Class::Free),
        get("/docs", SignedIn, pages::docs).class(Class::Free),
        get("/docs/docs.css", SignedIn, pages::docs_css).class(Class::Free),
        get("/docs/docs.js", SignedIn, pages::docs_js).class(Class::Free),
        get("/login.css", Open, pages::plain_css),
        get("/login", Open, auth::pages::form),
        post("/login", Open, auth::pages::login).class(Class::Login),
        post("/setup", Open, auth::pages::setup).class(Class::Login),
        post("/logout", SignedIn, auth::pages::logout),
    ]
}

/// What each route needs, by declared path and method.
pub(super) struct Needs(HashMap<&'static str, Vec<(Method, Access, Class)>>);

impl Needs {
    /// Of the whole table.
    pub(super) fn new() -> Self {
        let mut needs: HashMap<_, Vec<_>> = HashMap::new();
        for route in table() {
            needs.entry(route.path).or_default().push((route.method, route.access, route.class));
        }
        Self(needs)
    }

    /// Of one request. What is not in the table is the page's, for whoever is signed in.
    pub(super) fn of(&self, method: &Method, declared: Option<&str>, path: &str) -> (Access, Class) {
        let method = if *method == Method::HEAD { Method::GET } else { method.clone() };
        let methods = declared.and_then(|declared| self.0.get(declared));
        match methods.and_then(|methods| methods.iter().find(|(m, ..)| *m == method)) {
            Some(&(_, access, class)) => (access, class),
            None if path == "/favicon.svg" => (Access::Open, Class::Free),
            None => (Access::SignedIn, Class::Free),
        }
    }
}

/// The router of the table.
pub(super) fn router() -> Router<Arc<App>> {
    table().into_iter().fold(Router::new(), |router, route| router.route(route.path, route.handler))
}

#[cfg(test)]
mod tests;
