CREATE TABLE people (id INTEGER PRIMARY KEY, name TEXT, note TEXT, amount REAL, "odd name" TEXT);
INSERT INTO people VALUES (1,'Alice','a note',1.5,'x'),(2,'Bob, O''Brien','comma',NULL,''),(3,'','   ',0,' '),(4,'Zoë','back\slash;semi',1e20,NULL);
