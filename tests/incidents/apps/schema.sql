-- The shop that all applications here serve.
CREATE TABLE products (
    id integer PRIMARY KEY,
    name text NOT NULL,
    price numeric(10, 2) NOT NULL,
    stock integer NOT NULL
);
CREATE TABLE orders (
    id bigint GENERATED ALWAYS AS IDENTITY PRIMARY KEY,
    product_id integer NOT NULL REFERENCES products,
    customer_id integer NOT NULL,
    quantity integer NOT NULL,
    status text NOT NULL DEFAULT 'placed',
    placed_at timestamptz NOT NULL DEFAULT now()
);
CREATE INDEX orders_by_customer ON orders (customer_id, placed_at);
CREATE TABLE customers (
    id integer PRIMARY KEY,
    email text NOT NULL UNIQUE,
    password_salt bytea NOT NULL,
    password_hash bytea NOT NULL
);

INSERT INTO products
SELECT n, 'Product ' || n, 5 + n % 90, 1000000 FROM generate_series(1, 500) AS n;
INSERT INTO customers
SELECT n, 'customer' || n || '@example.com', decode(md5(n::text), 'hex'), decode(md5((-n)::text), 'hex')
FROM generate_series(1, 500) AS n;
INSERT INTO orders (product_id, customer_id, quantity, placed_at)
SELECT 1 + n % 500, 1 + n % 497, 1 + n % 3, now() - n * interval '1 minute' FROM generate_series(1, 20000) AS n;
