// Who offers compute, and how much stake answers for each.

import { usePages } from "../api/answer";
import { api, data, type Schema, type Word } from "../api/client";
import type { PageProps } from "../app";
import { percent } from "../format";
import { setQuery } from "../router";
import { Address, Badge, Flt, Usd } from "../ui/figures";
import { Filters, NumberFilter } from "../ui/filters";
import { List, type Column } from "../ui/table";

const COLUMNS: Column<Schema<"Provider">>[] = [
  { title: "Provider", show: (provider) => <Address of={provider.address} page="providers" name={provider.name} /> },
  { title: "Largest job", isNumber: true, show: (provider) => <Usd exact={provider.largest_job_usd} /> },
  { title: "Staked", sort: "staked", isNumber: true, show: (provider) => <Flt exact={provider.staked_flt} /> },
  { title: "Locked", sort: "locked", isNumber: true, show: (provider) => <Flt exact={provider.locked_flt} /> },
  { title: "Free", sort: "free", isNumber: true, show: (provider) => <Flt exact={provider.free_flt} /> },
  { title: "First loss", isNumber: true, show: (provider) => percent(provider.first_loss_bps) },
  { title: "Availability", isNumber: true, show: (provider) => <Availability of={provider} /> },
  { title: "APR in FLT", isNumber: true, show: (provider) => percent(provider.apr_bps) },
  { title: "Rewards shared", isNumber: true, show: (provider) => percent(provider.reward_share_bps) },
  { title: "Revenue shared", isNumber: true, show: (provider) => percent(provider.revenue_share_bps) },
];

function Availability({ of }: { of: Schema<"Provider"> }) {
  if (of.is_down) return <Badge word="down" tone="bad" />;
  return <>{`${Number(of.availability_percent).toFixed(2)} %`}</>;
}

export function Providers({ route }: PageProps) {
  const sort = route.query.get("sort") ?? "-staked";
  const job = route.query.get("job") ?? "";
  const firstLoss = route.query.get("first_loss") ?? "";
  const pages = usePages(`providers ${sort} ${job} ${firstLoss}`, (cursor, signal) => {
    const query = {
      sort: sort as Word<"/v1/providers", "sort">,
      limit: 25,
      ...(cursor ? { cursor } : {}),
      ...(job ? { largest_job_min_usd: job } : {}),
      ...(firstLoss ? { first_loss_min_bps: Math.round(Number(firstLoss) * 100) } : {}),
    };
    return data(api.GET("/v1/providers", { params: { query }, signal }));
  });
  return (
    <>
      <h1>Providers</h1>
      <p class="lead">The tiers of this network fall out of stake: the largest job is what a provider's free stake covers three times over.</p>
      <Filters>
        <NumberFilter label="Covers a job of, $" value={job} onChange={(value) => setQuery({ job: value })} />
        <NumberFilter label="First loss of at least, %" value={firstLoss} most={100} onChange={(value) => setQuery({ first_loss: value })} />
      </Filters>
      <List label="Providers" columns={COLUMNS} pages={pages} id={(provider) => provider.address} sorted={sort}
        onSort={(chosen) => setQuery({ sort: chosen })} nothing="No provider meets these filters." />
    </>
  );
}
