//! What the page asks of the playground itself: the cast, the host's state, and the knobs that need the host restarted.
//! All else it asks of the simulated Telegram directly.

use std::path::PathBuf;
use std::sync::{Arc, Mutex, PoisonError};

use axum::extract::{Path, State};
use axum::http::StatusCode;
use axum::response::{IntoResponse, Response};
use axum::routing::{get, post};
use axum::{Json, Router};
use serde::Deserialize;
use serde_json::{Value, json};
use telegram_sim::{Limits, Rate};

use crate::built::Built;
use crate::files::{self, Way};
use crate::health;
use crate::host::Supervisor;
use crate::page::{self, Page};
use crate::shop::Shop;
use crate::stage::Stage;

/// What the host's files are written from.
#[derive(Debug)]
pub struct Setup {
    pub built: Built,
    pub folder: PathBuf,
    pub way: Way,
}

#[derive(Debug)]
pub struct App {
    stage: Arc<Stage>,
    host: Arc<Supervisor>,
    /// The shop's own bot program, where one stands beside the host.
    shop: Option<Arc<Shop>>,
    setup: Setup,
    page: Page,
    /// Customers that were added on the page.
    added: Mutex<Vec<i64>>,
    limited: tokio::sync::Mutex<bool>,
}

impl App {
    pub fn new(
        stage: Arc<Stage>,
        host: Arc<Supervisor>,
        shop: Option<Arc<Shop>>,
        setup: Setup,
        page: Page,
    ) -> Arc<Self> {
        let limited = tokio::sync::Mutex::new(false);
        Arc::new(Self {
            stage,
            host,
            shop,
            setup,
            page,
            added: Mutex::default(),
            limited,
        })
    }
}

type Asked = State<Arc<App>>;

/// Orders take JSON only: a page of another origin cannot send that without asking first, and is not answered.
pub fn router(app: Arc<App>) -> Router {
    Router::new()
        .route("/", get(|State(app): Asked| async move { app.page.file("index.html") }))
        .route(
            "/page/{name}",
            get(|State(app): Asked, Path(name): Path<String>| async move { app.page.file(&name) }),
        )
        .route(
            "/samples/{name}",
            get(|Path(name): Path<String>| async move { page::sample(&name) }),
        )
        .route("/api/stage", get(stage))
        .route("/api/host", get(host))
        .route("/api/host/kill", post(kill))
        .route("/api/shop", post(shop))
        .route("/api/limit", post(limit))
        .route("/api/customers", post(customer))
        .with_state(app)
}

async fn stage(State(app): Asked) -> Json<Value> {
    let stage = &app.stage;
    let added = app.added.lock().unwrap_or_else(PoisonError::into_inner).clone();
    let customers = stage.customers.iter().map(|person| person.id).chain(added);
    let person = |id: i64| json!({"id": id, "name": stage.sim.with_world(|world| world.display_name(id))});
    Json(json!({
        "sim": stage.sim.api_url(),
        "bot": {"id": stage.bot.id, "name": stage.sim.with_world(|world| world.display_name(stage.bot.id))},
        "group": {"id": stage.group.id(), "name": stage.sim.with_world(|world| group_title(world, stage.group.id()))},
        "operators": stage.operators.iter().map(|operator| person(operator.id)).collect::<Vec<_>>(),
        "customers": customers.map(person).collect::<Vec<_>>(),
        "beside": app.shop.is_some(),
        "limit": {"on": *app.limited.lock().await, "rate": files::GROUP_LIMIT},
    }))
}

fn group_title(world: &telegram_sim::world::World, group: i64) -> String {
    world
        .group(group)
        .map_or_else(|_| String::new(), |group| group.title.clone())
}

async fn host(State(app): Asked) -> Json<Value> {
    let state = app.host.state();
    let health = match &state.address {
        Some(address) => health::ask(address).await,
        None => None,
    };
    let (code, health) = health.unzip();
    let shop = app.shop.as_ref().map(|shop| shop.state());
    Json(json!({"state": state, "code": code, "health": health, "shop": shop}))
}

/// An empty object: the body only shows that the sender may send JSON here.
#[derive(Debug, Deserialize)]
struct Nothing {}

async fn kill(State(app): Asked, Json(Nothing {}): Json<Nothing>) -> Response {
    done(app.host.kill().await)
}

#[derive(Debug, Deserialize)]
struct Switch {
    on: bool,
}

/// Stops the shop's own bot program, or starts it.
async fn shop(State(app): Asked, Json(Switch { on }): Json<Switch>) -> Response {
    match &app.shop {
        Some(shop) => done(shop.order(on).await),
        None => done(Err(anyhow::anyhow!("no bot program stands beside the host"))),
    }
}

/// Telegram's side and the host's pacing go together: the host learns its pace from its configuration at the start.
async fn limit(State(app): Asked, Json(Switch { on }): Json<Switch>) -> Response {
    let mut limited = app.limited.lock().await;
    if *limited == on {
        return done(Ok(()));
    }
    let group: Option<Rate> = files::GROUP_LIMIT.parse().ok().filter(|_| on);
    app.stage.sim.set_limits(Limits { group, ..Limits::OFF });
    let changed = async {
        let Setup { built, folder, way } = &app.setup;
        files::write(folder, &app.stage, built, *way, on)?;
        app.host.restart().await
    };
    let changed = changed.await;
    if changed.is_ok() {
        *limited = on;
    }
    done(changed)
}

#[derive(Debug, Deserialize)]
struct NewCustomer {
    first_name: String,
    last_name: Option<String>,
}

/// Longest name, in characters: Telegram's own limit.
const NAME: usize = 64;

async fn customer(State(app): Asked, Json(new): Json<NewCustomer>) -> Response {
    let first = new.first_name.trim();
    if first.is_empty() || first.chars().count() > NAME {
        let words = format!("a name has 1 to {NAME} characters");
        return (StatusCode::BAD_REQUEST, Json(json!({"error": words}))).into_response();
    }
    let person = app.stage.sim.user(first);
    let last = new
        .last_name
        .as_deref()
        .map(str::trim)
        .filter(|last| !last.is_empty() && last.chars().count() <= NAME);
    person.rename(first, last);
    app.added.lock().unwrap_or_else(PoisonError::into_inner).push(person.id);
    let name = app.stage.sim.with_world(|world| world.display_name(person.id));
    Json(json!({"id": person.id, "name": name})).into_response()
}

fn done(outcome: anyhow::Result<()>) -> Response {
    match outcome {
        Ok(()) => Json(json!({"ok": true})).into_response(),
        Err(error) => (
            StatusCode::INTERNAL_SERVER_ERROR,
            Json(json!({"error": format!("{error:#}")})),
        )
            .into_response(),
    }
}
