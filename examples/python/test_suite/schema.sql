create table stock (article text primary key, count int not null check (count >= 0));
