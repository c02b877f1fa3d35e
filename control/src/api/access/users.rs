//! People and their roles.

use std::sync::Arc;

use axum::Json;
use axum::extract::{Path, State};
use serde::Serialize;
use utoipa::ToSchema;

use crate::api::params::Params;
use crate::http::{ApiError, App, Body, Caller};
use crate::identity::{Binding, NewBinding, NewUser, Role, User, UserChange};
use crate::names::Named;

/// A role and what it allows.
#[derive(Clone, Debug, Serialize, ToSchema)]
pub(crate) struct RoleInfo {
    /// Its name.
    pub(crate) name: String,
    /// What it allows, `resource:verb`.
    pub(crate) permissions: Vec<String>,
    /// Whether reading content can be given with it.
    pub(crate) content: bool,
}

impl RoleInfo {
    /// Every role.
    pub(crate) fn all() -> Vec<Self> {
        let info = |&role: &Role| Self {
            name: role.name().to_owned(),
            permissions: role.permissions(false).names(),
            content: role.may_read_content(),
        };
        Role::ALL.iter().map(info).collect()
    }
}

/// List the roles and what they allow.
#[utoipa::path(get, path = "/api/v1/roles", operation_id = "list_roles", tag = "access",
    responses((status = 200, description = "Every role.", body = [RoleInfo])))]
pub(crate) async fn roles(_caller: Caller, params: Params) -> Result<Json<Vec<RoleInfo>>, ApiError> {
    params.end()?;
    Ok(Json(RoleInfo::all()))
}

/// List the accounts.
#[utoipa::path(get, path = "/api/v1/users", operation_id = "list_users", tag = "access",
    responses((status = 200, description = "By name.", body = [User])))]
pub(crate) async fn list(
    State(app): State<Arc<App>>,
    caller: Caller,
    params: Params,
) -> Result<Json<Vec<User>>, ApiError> {
    params.end()?;
    Ok(Json(app.identity.users(&caller).await?))
}

/// Make an account.
#[utoipa::path(post, path = "/api/v1/users", operation_id = "create_user", tag = "access", request_body = NewUser,
    responses((status = 200, description = "The account.", body = User)))]
pub(crate) async fn create(
    State(app): State<Arc<App>>,
    caller: Caller,
    Body(new): Body<NewUser>,
) -> Result<Json<User>, ApiError> {
    Ok(Json(app.identity.create_user(&caller, &new).await?))
}

/// Show an account.
#[utoipa::path(get, path = "/api/v1/users/{id}", operation_id = "get_user", tag = "access",
    params(("id" = String, Path, description = "The account.")),
    responses((status = 200, description = "The account.", body = User)))]
pub(crate) async fn show(
    State(app): State<Arc<App>>,
    caller: Caller,
    Path(id): Path<String>,
) -> Result<Json<User>, ApiError> {
    Ok(Json(app.identity.user(&caller, &id).await?))
}

/// Change an account: its password, or whether it may sign in.
#[utoipa::path(patch, path = "/api/v1/users/{id}", operation_id = "change_user", tag = "access", request_body = UserChange,
    params(("id" = String, Path, description = "The account.")),
    responses((status = 200, description = "The account as it is now.", body = User)))]
pub(crate) async fn change(
    State(app): State<Arc<App>>,
    caller: Caller,
    Path(id): Path<String>,
    Body(change): Body<UserChange>,
) -> Result<Json<User>, ApiError> {
    Ok(Json(app.identity.change_user(&caller, &id, &change).await?))
}

/// Delete an account with its roles, sessions and keys.
#[utoipa::path(delete, path = "/api/v1/users/{id}", operation_id = "delete_user", tag = "access",
    params(("id" = String, Path, description = "The account.")),
    responses((status = 200, description = "The account as it was.", body = User)))]
pub(crate) async fn remove(
    State(app): State<Arc<App>>,
    caller: Caller,
    Path(id): Path<String>,
) -> Result<Json<User>, ApiError> {
    Ok(Json(app.identity.delete_user(&caller, &id).await?))
}

/// Give an account a role.
#[utoipa::path(post, path = "/api/v1/users/{id}/bindings", operation_id = "give_role", tag = "access", request_body = NewBinding,
    params(("id" = String, Path, description = "The account.")),
    responses((status = 200, description = "The role as given.", body = Binding)))]
pub(crate) async fn bind(
    State(app): State<Arc<App>>,
    caller: Caller,
    Path(id): Path<String>,
    Body(new): Body<NewBinding>,
) -> Result<Json<Binding>, ApiError> {
    Ok(Json(app.identity.bind(&caller, &id, &new).await?))
}

/// Take a role from an account.
#[utoipa::path(delete, path = "/api/v1/users/{id}/bindings/{binding}", operation_id = "take_role", tag = "access",
    params(("id" = String, Path, description = "The account."), ("binding" = String, Path, description = "The role as given.")),
    responses((status = 200, description = "The role as it was.", body = Binding)))]
pub(crate) async fn unbind(
    State(app): State<Arc<App>>,
    caller: Caller,
    Path((id, binding)): Path<(String, String)>,
) -> Result<Json<Binding>, ApiError> {
    Ok(Json(app.identity.unbind(&caller, &id, &binding).await?))
}
