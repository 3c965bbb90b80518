//! `/v1/customers/{address}/deals`: what one customer bought.

use axum::Json;
use axum::extract::State;
use utoipa_axum::router::OpenApiRouter;
use utoipa_axum::routes;

use super::{Asked, deals, only_path, path};
use crate::Api;
use crate::address::Address;
use crate::error::{Problem, Result};
use crate::page::{List, Page, Paging};
use crate::snapshot::Snapshot;

pub(super) fn router() -> OpenApiRouter<Api> {
    OpenApiRouter::new().routes(routes!(list_customer_deals))
}

/// Deals of a customer; none for an account that never opened one.
#[utoipa::path(
    get, path = "/v1/customers/{address}/deals", tag = "customers",
    params(("address" = Address, Path), Paging, deals::Filters, ("sort" = Option<String>, Query, description = "as `/v1/deals`")),
    responses((status = OK, body = Page<deals::Deal>), (status = BAD_REQUEST, body = Problem))
)]
async fn list_customer_deals(
    State(api): State<Api>,
    address: Asked<Address>,
    mut list: List<deals::Filters>,
    mut at: Snapshot,
) -> Result<Json<Page<deals::Deal>>> {
    only_path("customer", list.filters.customer.replace(path(address)?).as_ref())?;
    deals::list(&api, &list, &mut at).await
}
