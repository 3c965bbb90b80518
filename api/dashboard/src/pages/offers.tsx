// What can be had now, from whom, at which price.

import { usePages } from "../api/answer";
import { api, data, type Schema, type Word } from "../api/client";
import type { PageProps } from "../app";
import { brief, percent } from "../format";
import { setQuery } from "../router";
import { Address, Usd } from "../ui/figures";
import { ChoiceFilter, Filters, NumberFilter } from "../ui/filters";
import { List, type Column } from "../ui/table";

export const OFFER_COLUMNS: Column<Schema<"Offer">>[] = [
  { title: "Offer", isNumber: true, show: (offer) => offer.offer },
  { title: "Provider", show: (offer) => <Address of={offer.provider} page="providers" name={offer.provider_name} /> },
  { title: "Class", show: (offer) => offer.class.toUpperCase() },
  { title: "Region", isNumber: true, show: (offer) => offer.region },
  { title: "Price a unit-day", sort: "price", isNumber: true, show: (offer) => <Usd exact={offer.price_usd} /> },
  { title: "Units free", isNumber: true, show: (offer) => `${brief(offer.units_free)} of ${brief(offer.units)}` },
  { title: "Largest job", isNumber: true, show: (offer) => <Usd exact={offer.largest_job_usd} /> },
  { title: "Declared availability", isNumber: true, show: (offer) => percent(offer.availability_bps) },
  { title: "Longest", isNumber: true, show: (offer) => `${brief(offer.duration_max_days)} d` },
  { title: "Paid", show: (offer) => offer.payment_modes.join(", ") },
  { title: "Proofs", show: (offer) => offer.proof_kinds.join(", ") },
];

export function Offers({ route }: PageProps) {
  const filters = ["class", "region", "price", "units", "sort"].map((name) => route.query.get(name) ?? "");
  const [kind = "", region = "", price = "", units = "", sort = ""] = filters;
  const pages = usePages(`offers ${filters.join(" ")}`, (cursor, signal) => {
    const query = {
      limit: 25,
      ...(cursor ? { cursor } : {}),
      ...(sort ? { sort: sort as Word<"/v1/offers", "sort"> } : {}),
      ...(kind ? { class: kind as Word<"/v1/offers", "class"> } : {}),
      ...(region ? { region: Number(region) } : {}),
      ...(price ? { price_max_usd: price } : {}),
      ...(units ? { units_free_min: Number(units) } : {}),
    };
    return data(api.GET("/v1/offers", { params: { query }, signal }));
  });
  return (
    <>
      <h1>Offers</h1>
      <p class="lead">A unit is one physical core with 4 GiB of memory, or one GPU. Providers set their own prices in dollars.</p>
      <Filters>
        <ChoiceFilter label="Class" value={kind} choices={[["", "any"], ["cpu", "CPU"], ["gpu", "GPU"]]} onChange={(value) => setQuery({ class: value })} />
        <NumberFilter label="Region" value={region} most={255} onChange={(value) => setQuery({ region: value })} />
        <NumberFilter label="Price at most, $ a unit-day" value={price} onChange={(value) => setQuery({ price: value })} />
        <NumberFilter label="Units free at least" value={units} onChange={(value) => setQuery({ units: value })} />
      </Filters>
      <List label="Offers" columns={OFFER_COLUMNS} pages={pages} id={(offer) => offer.offer} sorted={sort || "price"}
        onSort={(chosen) => setQuery({ sort: chosen })} nothing="No offer meets these filters." />
    </>
  );
}
