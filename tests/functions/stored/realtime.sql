CREATE TABLE extensions (id INTEGER PRIMARY KEY, context TEXT, exten TEXT, priority INTEGER, app TEXT, appdata TEXT);
CREATE TABLE other (id INTEGER PRIMARY KEY, context TEXT, exten TEXT, priority INTEGER, app TEXT, appdata TEXT);
INSERT INTO extensions (context,exten,priority,app,appdata) VALUES
 ('rt','100',1,'NoOp','hundred ${EXTEN} ${CONTEXT} ${PRIORITY}'),
 ('rt','100',2,'Set','A=${EXTEN},${CALLERID(num)}'),
 ('rt','100',3,'NoOp','A is ${A}'),
 ('rt','_1XX',1,'NoOp','pattern 1XX ${EXTEN}'),
 ('rt','_1XX',2,'NoOp','pattern two ${EXTEN}'),
 ('rt','_1.',1,'NoOp','pattern dot ${EXTEN}'),
 ('rt','_12XX',1,'NoOp','pattern 12XX ${EXTEN}'),
 ('rt','_[12]XX',1,'NoOp','pattern [12]XX ${EXTEN}'),
 ('rt','200',1,'Nosuchapp','x'),
 ('rt','201',1,'','x'),
 ('rt','202',1,'Goto','100,1'),
 ('rt','203',1,'GotoIf','$[1]?rt2,5,1'),
 ('rt','204',1,'NoOp',NULL),
 ('rt','205',1,'Gosub','100,2'),
 ('rt','i',1,'NoOp','invalid in rt ${INVALID_EXTEN}'),
 ('rt','h',1,'NoOp','hangup in rt'),
 ('rt2','5',1,'NoOp','five in rt2'),
 ('rt2','300',1,'NoOp','300 in rt2'),
 ('rt2','300',3,'NoOp','300 third');
INSERT INTO other (context,exten,priority,app,appdata) VALUES ('rt','400',1,'NoOp','400 from other ${EXTEN}'),('rt','_4XX',1,'NoOp','4XX from other'),('elsewhere','500',1,'NoOp','500 elsewhere ${CONTEXT}');
CREATE TABLE people (id INTEGER PRIMARY KEY, name TEXT, note TEXT, amount REAL, "odd name" TEXT);
INSERT INTO people VALUES (1,'Alice','a note',1.5,'x'),(2,'Bob, O''Brien','comma',NULL,''),(3,'','   ',0,' '),(4,'Zoë','back\slash;semi',1e20,NULL);
