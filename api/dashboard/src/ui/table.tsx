// A list: on a phone each row is a card, because nobody reads a table sideways.

import type { ComponentChildren } from "preact";
import type { Pages } from "../api/answer";
import { brief } from "../format";
import { Empty, Failed, Loading } from "./states";

export interface Column<Item> {
  title: string;
  /** The API's word to sort by, where it can be. */
  sort?: string;
  isNumber?: boolean;
  show: (item: Item) => ComponentChildren;
}

interface TableProps<Item> {
  label: string;
  columns: Column<Item>[];
  items: Item[];
  id: (item: Item) => string | number;
  sorted?: string | undefined;
  onSort?: ((sort: string) => void) | undefined;
}

export function Table<Item>({ label, columns, items, id, sorted, onSort }: TableProps<Item>) {
  return (
    <div class="table" role="region" aria-label={label} tabIndex={0}>
      <table>
        <thead>
          <tr>{columns.map((column) => <Head key={column.title} column={column} sorted={sorted} onSort={onSort} />)}</tr>
        </thead>
        <tbody>
          {items.map((item) => (
            <tr key={id(item)}>
              {columns.map((column) => (
                <td key={column.title} data-title={column.title} class={column.isNumber ? "number" : ""}>
                  {column.show(item)}
                </td>
              ))}
            </tr>
          ))}
        </tbody>
      </table>
    </div>
  );
}

interface HeadProps<Item> {
  column: Column<Item>;
  sorted: string | undefined;
  onSort: ((sort: string) => void) | undefined;
}

function Head<Item>({ column, sorted, onSort }: HeadProps<Item>) {
  const style = column.isNumber ? "number" : "";
  const { sort } = column;
  if (!sort || !onSort) return <th scope="col" class={style}>{column.title}</th>;
  const isDown = sorted === `-${sort}`;
  const isUp = sorted === sort;
  return (
    <th scope="col" class={style} aria-sort={isDown ? "descending" : isUp ? "ascending" : "none"}>
      <button type="button" onClick={() => onSort(isDown ? sort : `-${sort}`)}>
        {column.title}<span aria-hidden="true">{isDown ? " ↓" : isUp ? " ↑" : ""}</span>
      </button>
    </th>
  );
}

interface ListProps<Item> extends Omit<TableProps<Item>, "items"> {
  pages: Pages<Item>;
  /** Said when there is nothing. */
  nothing: string;
}

export function List<Item>({ pages, nothing, ...table }: ListProps<Item>) {
  const page = pages.value;
  // A page of which nothing is left, as after a reorganisation, leads back.
  const isPast = page?.items.length === 0 && pages.previous !== undefined;
  if (!page) return pages.failure ? <Failed answer={pages} /> : <Loading />;
  if (page.items.length === 0 && !isPast) return <Empty>{nothing}</Empty>;
  return (
    <>
      <Failed answer={pages} />
      <Table {...table} items={page.items} />
      {(pages.next || pages.previous) && (
        <nav class="pages" aria-label={`Pages of ${table.label}`}>
          <span>{`${brief(page.total)} in all`}</span>
          <button type="button" disabled={!pages.previous} onClick={pages.previous}>Previous</button>
          <span>{`Page ${pages.number}`}</span>
          <button type="button" disabled={!pages.next} onClick={pages.next}>Next</button>
        </nav>
      )}
    </>
  );
}
