//! axum: what Till is measured against besides the bare responder: the same
//! two routes as one would write them with axum and rusqlite.
//!
//!     till-bench-axum SOCKET READ_DB WRITE_DB SECRET
//!
//! GET /axum/order/{id} reads READ_DB, a connection a thread. POST /axum/order
//! writes WRITE_DB, which has the tables of the order service, by one
//! connection, and commits each request by itself, durably.

use std::cell::RefCell;
use std::sync::{Arc, Mutex};
use std::time::{SystemTime, UNIX_EPOCH};

use axum::extract::{Path, State};
use axum::http::header::AUTHORIZATION;
use axum::http::{HeaderMap, StatusCode};
use axum::routing::{get, post};
use axum::{Json, Router};
use jsonwebtoken::{decode, Algorithm, DecodingKey, Validation};
use rusqlite::{params, Connection, Row};
use serde::{Deserialize, Serialize};

struct Shop {
    read_db: String,
    writer: Mutex<Connection>,
    key: DecodingKey,
    validation: Validation,
}

#[derive(Deserialize)]
struct Claims {
    sub: String,
    role: String,
}

#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
struct Draft {
    product_name: String,
    quantity: i64,
    price: f64,
}

#[derive(Serialize)]
struct Order {
    id: String,
    user_id: String,
    product_name: String,
    quantity: i64,
    price: f64,
    currency: String,
    total: f64,
    status: String,
    created_at: i64,
    updated_at: i64,
}

thread_local! {
    static READER: RefCell<Option<Connection>> = const { RefCell::new(None) };
}

fn open(path: &str) -> rusqlite::Result<Connection> {
    let connection = Connection::open(path)?;
    connection.execute_batch(
        "PRAGMA journal_mode = WAL; PRAGMA synchronous = FULL; PRAGMA cache_size = -2048;",
    )?;
    Ok(connection)
}

fn caller(shop: &Shop, headers: &HeaderMap) -> Result<Claims, StatusCode> {
    headers
        .get(AUTHORIZATION)
        .and_then(|value| value.to_str().ok()?.strip_prefix("Bearer "))
        .and_then(|token| decode::<Claims>(token, &shop.key, &shop.validation).ok())
        .map(|token| token.claims)
        .ok_or(StatusCode::UNAUTHORIZED)
}

fn order_of(row: &Row) -> rusqlite::Result<Order> {
    Ok(Order {
        id: row.get(0)?,
        user_id: row.get(1)?,
        product_name: row.get(2)?,
        quantity: row.get(3)?,
        price: row.get::<_, i64>(4)? as f64 / 100.0,
        total: row.get::<_, i64>(5)? as f64 / 100.0,
        currency: row.get(6)?,
        status: row.get(7)?,
        created_at: row.get(8)?,
        updated_at: row.get(9)?,
    })
}

fn find(shop: &Shop, id: &str) -> rusqlite::Result<Order> {
    READER.with_borrow_mut(|reader| {
        if reader.is_none() {
            *reader = Some(open(&shop.read_db)?);
        }
        reader
            .as_ref()
            .unwrap()
            .prepare_cached(
                "SELECT id, user_id, product_name, quantity, price, total, currency, status,
                    created_at, updated_at FROM orders WHERE id = ?",
            )?
            .query_row([id], order_of)
    })
}

async fn show(
    State(shop): State<Arc<Shop>>,
    Path(id): Path<String>,
    headers: HeaderMap,
) -> Result<Json<Order>, StatusCode> {
    let claims = caller(&shop, &headers)?;
    match find(&shop, &id) {
        Ok(order) if order.user_id == claims.sub || claims.role == "admin" => Ok(Json(order)),
        Ok(_) | Err(rusqlite::Error::QueryReturnedNoRows) => Err(StatusCode::NOT_FOUND),
        Err(_) => Err(StatusCode::SERVICE_UNAVAILABLE),
    }
}

fn insert(connection: &Connection, order: &Order) -> rusqlite::Result<usize> {
    connection
        .prepare_cached(
            "INSERT INTO orders (id, user_id, product_name, quantity, price, total, currency,
                status, version, created_at, updated_at)
            VALUES (?, ?, ?, ?, ?, ?, ?, ?, 1, ?, ?)",
        )?
        .execute(params![
            order.id,
            order.user_id,
            order.product_name,
            order.quantity,
            (order.price * 100.0).round() as i64,
            (order.total * 100.0).round() as i64,
            order.currency,
            order.status,
            order.created_at,
            order.updated_at
        ])
}

async fn create(
    State(shop): State<Arc<Shop>>,
    headers: HeaderMap,
    Json(draft): Json<Draft>,
) -> Result<(StatusCode, Json<Order>), StatusCode> {
    let claims = caller(&shop, &headers)?;
    let now = SystemTime::now().duration_since(UNIX_EPOCH).unwrap().as_millis() as i64;
    let order = Order {
        id: uuid::Uuid::now_v7().to_string(),
        user_id: claims.sub,
        product_name: draft.product_name,
        quantity: draft.quantity,
        price: draft.price,
        total: draft.price * draft.quantity as f64,
        currency: "usd".into(),
        status: "Pending".into(),
        created_at: now,
        updated_at: now,
    };
    // the commit waits for the disk: not on a thread that others need
    tokio::task::block_in_place(|| insert(&shop.writer.lock().unwrap(), &order))
        .map_err(|_| StatusCode::SERVICE_UNAVAILABLE)?;
    Ok((StatusCode::CREATED, Json(order)))
}

fn main() {
    let arguments: Vec<String> = std::env::args().collect();
    let [_, socket, read_db, write_db, secret] = &arguments[..] else {
        eprintln!("usage: till-bench-axum SOCKET READ_DB WRITE_DB SECRET");
        std::process::exit(64);
    };
    let mut validation = Validation::new(Algorithm::HS256);
    validation.set_issuer(&["till"]);
    validation.set_audience(&["till"]);
    let shop = Arc::new(Shop {
        read_db: read_db.clone(),
        writer: Mutex::new(open(write_db).expect("the database to write")),
        key: DecodingKey::from_secret(secret.as_bytes()),
        validation,
    });
    let routes = Router::new()
        .route("/axum/order/{id}", get(show))
        .route("/axum/order", post(create))
        .with_state(shop);
    // as many threads as cores, as tokio has it
    tokio::runtime::Builder::new_multi_thread()
        .enable_all()
        .build()
        .expect("a runtime")
        .block_on(async {
            let listener = tokio::net::UnixListener::bind(socket).expect("the socket");
            axum::serve(listener, routes).await.expect("to serve");
        });
}
