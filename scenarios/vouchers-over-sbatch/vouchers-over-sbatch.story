# A site with its own Slurm queue: 64 A800 and 32 RTX 4090, three accounts. For a week Granary reads what
# sacct says and charges it: lab has a voucher, vision has paid in, robotics has nothing. Figures:
# scenario.toml. The rows are made up (a queue that starts in order, seed 4), in the form of
# sacct -P -X -D -a -o JobIDRaw,JobID,State,Submit,Start,End,ElapsedRaw,TimelimitRaw,AllocTRES,...
stock east/a800-sxm-80 8 x 8    tariff east/a800-sxm-80 "18.00 CNY per chip-hour"
  gres = "a800"
  node_names = "a800-[1-8]"
stock east/rtx4090 4 x 8        tariff east/rtx4090 "3.00 CNY per chip-hour"
  gres = "rtx4090"
  node_names = "rtx4090-[1-4]"
followed east
  cluster = "east"
  [[accounts]]
  account = "nlp"
  tenant = "lab"
  purpose = "pretrain"
programme city-vouchers as shipped
file sacct-day-5.txt
  JobIDRaw|JobID|State|Submit|Start|End|ElapsedRaw|TimelimitRaw|AllocTRES|ReqTRES|NodeList|Account|User|JobName
  101|101|COMPLETED|1795224867|1795224869|1795227774|2905|480|cpu=16,gres/gpu=16,gres/gpu:a800=16|cpu=16,gres/gpu=16,gres/gpu:a800=16|a800-1,a800-2|nlp|li|eval.sh
  104|104|TIMEOUT|1795241706|1795241708|1795270525|28817|480|cpu=8,gres/gpu=8,gres/gpu:rtx4090=8|cpu=8,gres/gpu=8,gres/gpu:rtx4090=8|rtx4090-1|nlp|zhao|pretrain.sh
  106|106|COMPLETED|1795257053|1795257055|1795308914|51859|1440|cpu=8,gres/gpu=8,gres/gpu:a800=8|cpu=8,gres/gpu=8,gres/gpu:a800=8|a800-3|nlp|li|sft.sh
  109|109|TIMEOUT|1795269125|1795269127|1795276344|7217|120|cpu=8,gres/gpu=8,gres/gpu:rtx4090=8|cpu=8,gres/gpu=8,gres/gpu:rtx4090=8|rtx4090-2|robotics|sun|policy.sh
  110|110|COMPLETED|1795275002|1795275004|1795378720|103716|2880|cpu=8,gres/gpu=8,gres/gpu:a800=8|cpu=8,gres/gpu=8,gres/gpu:a800=8|a800-4|nlp|zhao|eval.sh
  113|113|COMPLETED|1795291257|1795291259|1795369047|77788|1440|cpu=8,gres/gpu=8,gres/gpu:a800=8|cpu=8,gres/gpu=8,gres/gpu:a800=8|a800-5|nlp|zhao|pretrain.sh
  117|117|COMPLETED|1795296878|1795296880|1795297633|753|120|cpu=8,gres/gpu=8,gres/gpu:rtx4090=8|cpu=8,gres/gpu=8,gres/gpu:rtx4090=8|rtx4090-3|nlp|zhao|eval.sh
  121|121|COMPLETED|1795309294|1795309296|1795312216|2920|480|cpu=32,gres/gpu=32,gres/gpu:a800=32|cpu=32,gres/gpu=32,gres/gpu:a800=32|a800-1,a800-6,a800-7,a800-8|nlp|li|eval.sh
  123|123|COMPLETED|1795318321|1795318323|1795422009|103686|2880|cpu=32,gres/gpu=32,gres/gpu:a800=32|cpu=32,gres/gpu=32,gres/gpu:a800=32|a800-1,a800-2,a800-3,a800-6|nlp|zhao|pretrain.sh
  126|126|COMPLETED|1795331723|1795331725|1795334623|2898|480|cpu=16,gres/gpu=16,gres/gpu:a800=16|cpu=16,gres/gpu=16,gres/gpu:a800=16|a800-7,a800-8|nlp|li|sft.sh
  129|129|COMPLETED|1795333943|1795334623|1795343283|8660|1440|cpu=8,gres/gpu=8,gres/gpu:a800=8|cpu=8,gres/gpu=8,gres/gpu:a800=8|a800-7|nlp|zhao|pretrain.sh
  131|131|COMPLETED|1795348444|1795348446|1795352784|4338|120|cpu=16,gres/gpu=16,gres/gpu:rtx4090=16|cpu=16,gres/gpu=16,gres/gpu:rtx4090=16|rtx4090-1,rtx4090-4|vision|wu|detect.sh
  134|134|COMPLETED|1795354340|1795354342|1795371651|17309|2880|cpu=8,gres/gpu=8,gres/gpu:rtx4090=8|cpu=8,gres/gpu=8,gres/gpu:rtx4090=8|rtx4090-2|nlp|li|pretrain.sh
  138|138|COMPLETED|1795362123|1795362125|1795379432|17307|2880|cpu=8,gres/gpu=8,gres/gpu:a800=8|cpu=8,gres/gpu=8,gres/gpu:a800=8|a800-8|vision|wu|detect.sh
  139|139|COMPLETED|1795365784|1795365786|1795417663|51877|2880|cpu=8,gres/gpu=8,gres/gpu:a800=8|cpu=8,gres/gpu=8,gres/gpu:a800=8|a800-7|nlp|zhao|pretrain.sh
  141|141|COMPLETED|1795372850|1795378720|1795456492|77772|1440|cpu=16,gres/gpu=16,gres/gpu:a800=16|cpu=16,gres/gpu=16,gres/gpu:a800=16|a800-4,a800-5|robotics|sun|detect.sh
  145|145|FAILED|1795381839|1795417663|1795443614|25951|1440|cpu=16,gres/gpu=16,gres/gpu:a800=16|cpu=16,gres/gpu=16,gres/gpu:a800=16|a800-7,a800-8|nlp|li|pretrain.sh
  149|149|COMPLETED|1795384157|1795422009|1795430658|8649|480|cpu=16,gres/gpu=16,gres/gpu:a800=16|cpu=16,gres/gpu=16,gres/gpu:a800=16|a800-1,a800-2|nlp|zhao|sft.sh
  150|150|COMPLETED|1795386797|1795422009|1795577553|155544|2880|cpu=8,gres/gpu=8,gres/gpu:a800=8|cpu=8,gres/gpu=8,gres/gpu:a800=8|a800-3|robotics|sun|detect.sh
  154|154|COMPLETED|1795395643|1795395645|1795447537|51892|1440|cpu=8,gres/gpu=8,gres/gpu:rtx4090=8|cpu=8,gres/gpu=8,gres/gpu:rtx4090=8|rtx4090-3|nlp|zhao|sft.sh
  158|158|COMPLETED|1795406094|1795406096|1795483910|77814|1440|cpu=8,gres/gpu=8,gres/gpu:rtx4090=8|cpu=8,gres/gpu=8,gres/gpu:rtx4090=8|rtx4090-1|nlp|li|sft.sh
  161|161|COMPLETED|1795423651|1795430658|1795482553|51895|2880|cpu=16,gres/gpu=16,gres/gpu:a800=16|cpu=16,gres/gpu=16,gres/gpu:a800=16|a800-1,a800-6|vision|wu|detect.sh
  163|163|COMPLETED|1795436720|1795436722|1795514495|77773|1440|cpu=16,gres/gpu=16,gres/gpu:rtx4090=16|cpu=16,gres/gpu=16,gres/gpu:rtx4090=16|rtx4090-2,rtx4090-4|vision|wu|detect.sh
  164|164|COMPLETED|1795438734|1795443614|1795469544|25930|1440|cpu=16,gres/gpu=16,gres/gpu:a800=16|cpu=16,gres/gpu=16,gres/gpu:a800=16|a800-2,a800-7|vision|wu|policy.sh
  165|165|COMPLETED|1795450500|1795450502|1795606024|155522|2880|cpu=8,gres/gpu=8,gres/gpu:rtx4090=8|cpu=8,gres/gpu=8,gres/gpu:rtx4090=8|rtx4090-3|nlp|li|eval.sh
  166|166|COMPLETED|1795462040|1795462042|1795513887|51845|2880|cpu=8,gres/gpu=8,gres/gpu:a800=8|cpu=8,gres/gpu=8,gres/gpu:a800=8|a800-8|nlp|zhao|eval.sh
  170|170|TIMEOUT|1795478668|1795483910|1795491127|7217|120|cpu=8,gres/gpu=8,gres/gpu:rtx4090=8|cpu=8,gres/gpu=8,gres/gpu:rtx4090=8|rtx4090-1|nlp|zhao|pretrain.sh
  171|171|COMPLETED|1795493368|1795493370|1795571137|77767|1440|cpu=48,gres/gpu=48,gres/gpu:a800=48|cpu=48,gres/gpu=48,gres/gpu:a800=48|a800-1,a800-2,a800-4,a800-5,a800-6,a800-7|robotics|chen|policy.sh
  172|172|COMPLETED|1795508248|1795508250|1795586050|77800|1440|cpu=8,gres/gpu=8,gres/gpu:rtx4090=8|cpu=8,gres/gpu=8,gres/gpu:rtx4090=8|rtx4090-1|robotics|chen|seg.sh
  174|174|COMPLETED|1795525281|1795525283|1795542608|17325|480|cpu=16,gres/gpu=16,gres/gpu:rtx4090=16|cpu=16,gres/gpu=16,gres/gpu:rtx4090=16|rtx4090-2,rtx4090-4|robotics|chen|detect.sh
  175|175|COMPLETED|1795532431|1795571137|1795573304|2167|120|cpu=16,gres/gpu=16,gres/gpu:a800=16|cpu=16,gres/gpu=16,gres/gpu:a800=16|a800-1,a800-8|nlp|zhao|eval.sh
  177|177|COMPLETED|1795536046|1795571137|1795588471|17334|2880|cpu=16,gres/gpu=16,gres/gpu:a800=16|cpu=16,gres/gpu=16,gres/gpu:a800=16|a800-2,a800-4|nlp|zhao|sft.sh
  180|180|COMPLETED|1795543691|1795577553|1795578323|770|120|cpu=48,gres/gpu=48,gres/gpu:a800=48|cpu=48,gres/gpu=48,gres/gpu:a800=48|a800-1,a800-3,a800-5,a800-6,a800-7,a800-8|nlp|zhao|eval.sh
  184|184|RUNNING|1795550498|1795550500|Unknown|100700|2880|cpu=8,gres/gpu=8,gres/gpu:rtx4090=8|cpu=8,gres/gpu=8,gres/gpu:rtx4090=8|rtx4090-2|robotics|sun|detect.sh
  188|188|COMPLETED|1795556421|1795578323|1795604281|25958|1440|cpu=32,gres/gpu=32,gres/gpu:a800=32|cpu=32,gres/gpu=32,gres/gpu:a800=32|a800-1,a800-3,a800-5,a800-6|vision|wu|detect.sh
  191|191|TIMEOUT|1795569286|1795578323|1795607140|28817|480|cpu=8,gres/gpu=8,gres/gpu:a800=8|cpu=8,gres/gpu=8,gres/gpu:a800=8|a800-7|robotics|chen|detect.sh
  193|193|COMPLETED|1795577681|1795577683|1795629579|51896|1440|cpu=8,gres/gpu=8,gres/gpu:rtx4090=8|cpu=8,gres/gpu=8,gres/gpu:rtx4090=8|rtx4090-4|vision|wu|detect.sh
  195|195|COMPLETED|1795589373|1795589375|1795598052|8677|1440|cpu=8,gres/gpu=8,gres/gpu:rtx4090=8|cpu=8,gres/gpu=8,gres/gpu:rtx4090=8|rtx4090-1|nlp|li|sft.sh
  197|197|COMPLETED|1795602002|1795602004|1795627978|25974|480|cpu=8,gres/gpu=8,gres/gpu:rtx4090=8|cpu=8,gres/gpu=8,gres/gpu:rtx4090=8|rtx4090-1|vision|wu|policy.sh
  200|200|COMPLETED|1795610455|1795610457|1795627784|17327|480|cpu=16,gres/gpu=16,gres/gpu:a800=16|cpu=16,gres/gpu=16,gres/gpu:a800=16|a800-2,a800-8|robotics|chen|seg.sh
  203|203|RUNNING|1795621056|1795621058|Unknown|30142|2880|cpu=8,gres/gpu=8,gres/gpu:rtx4090=8|cpu=8,gres/gpu=8,gres/gpu:rtx4090=8|rtx4090-3|vision|wu|seg.sh
  206|206|RUNNING|1795632491|1795632493|Unknown|18707|1440|cpu=16,gres/gpu=16,gres/gpu:a800=16|cpu=16,gres/gpu=16,gres/gpu:a800=16|a800-1,a800-4|nlp|zhao|sft.sh
  209|209|RUNNING|1795644501|1795644503|Unknown|6697|1440|cpu=16,gres/gpu=16,gres/gpu:a800=16|cpu=16,gres/gpu=16,gres/gpu:a800=16|a800-3,a800-5|nlp|li|sft.sh
file sacct-day-7.txt
  JobIDRaw|JobID|State|Submit|Start|End|ElapsedRaw|TimelimitRaw|AllocTRES|ReqTRES|NodeList|Account|User|JobName
  101|101|COMPLETED|1795224867|1795224869|1795227774|2905|480|cpu=16,gres/gpu=16,gres/gpu:a800=16|cpu=16,gres/gpu=16,gres/gpu:a800=16|a800-1,a800-2|nlp|li|eval.sh
  104|104|TIMEOUT|1795241706|1795241708|1795270525|28817|480|cpu=8,gres/gpu=8,gres/gpu:rtx4090=8|cpu=8,gres/gpu=8,gres/gpu:rtx4090=8|rtx4090-1|nlp|zhao|pretrain.sh
  106|106|COMPLETED|1795257053|1795257055|1795308914|51859|1440|cpu=8,gres/gpu=8,gres/gpu:a800=8|cpu=8,gres/gpu=8,gres/gpu:a800=8|a800-3|nlp|li|sft.sh
  109|109|TIMEOUT|1795269125|1795269127|1795276344|7217|120|cpu=8,gres/gpu=8,gres/gpu:rtx4090=8|cpu=8,gres/gpu=8,gres/gpu:rtx4090=8|rtx4090-2|robotics|sun|policy.sh
  110|110|COMPLETED|1795275002|1795275004|1795378720|103716|2880|cpu=8,gres/gpu=8,gres/gpu:a800=8|cpu=8,gres/gpu=8,gres/gpu:a800=8|a800-4|nlp|zhao|eval.sh
  113|113|COMPLETED|1795291257|1795291259|1795369047|77788|1440|cpu=8,gres/gpu=8,gres/gpu:a800=8|cpu=8,gres/gpu=8,gres/gpu:a800=8|a800-5|nlp|zhao|pretrain.sh
  117|117|COMPLETED|1795296878|1795296880|1795297633|753|120|cpu=8,gres/gpu=8,gres/gpu:rtx4090=8|cpu=8,gres/gpu=8,gres/gpu:rtx4090=8|rtx4090-3|nlp|zhao|eval.sh
  121|121|COMPLETED|1795309294|1795309296|1795312216|2920|480|cpu=32,gres/gpu=32,gres/gpu:a800=32|cpu=32,gres/gpu=32,gres/gpu:a800=32|a800-1,a800-6,a800-7,a800-8|nlp|li|eval.sh
  123|123|COMPLETED|1795318321|1795318323|1795422009|103686|2880|cpu=32,gres/gpu=32,gres/gpu:a800=32|cpu=32,gres/gpu=32,gres/gpu:a800=32|a800-1,a800-2,a800-3,a800-6|nlp|zhao|pretrain.sh
  126|126|COMPLETED|1795331723|1795331725|1795334623|2898|480|cpu=16,gres/gpu=16,gres/gpu:a800=16|cpu=16,gres/gpu=16,gres/gpu:a800=16|a800-7,a800-8|nlp|li|sft.sh
  129|129|COMPLETED|1795333943|1795334623|1795343283|8660|1440|cpu=8,gres/gpu=8,gres/gpu:a800=8|cpu=8,gres/gpu=8,gres/gpu:a800=8|a800-7|nlp|zhao|pretrain.sh
  131|131|COMPLETED|1795348444|1795348446|1795352784|4338|120|cpu=16,gres/gpu=16,gres/gpu:rtx4090=16|cpu=16,gres/gpu=16,gres/gpu:rtx4090=16|rtx4090-1,rtx4090-4|vision|wu|detect.sh
  134|134|COMPLETED|1795354340|1795354342|1795371651|17309|2880|cpu=8,gres/gpu=8,gres/gpu:rtx4090=8|cpu=8,gres/gpu=8,gres/gpu:rtx4090=8|rtx4090-2|nlp|li|pretrain.sh
  138|138|COMPLETED|1795362123|1795362125|1795379432|17307|2880|cpu=8,gres/gpu=8,gres/gpu:a800=8|cpu=8,gres/gpu=8,gres/gpu:a800=8|a800-8|vision|wu|detect.sh
  139|139|COMPLETED|1795365784|1795365786|1795417663|51877|2880|cpu=8,gres/gpu=8,gres/gpu:a800=8|cpu=8,gres/gpu=8,gres/gpu:a800=8|a800-7|nlp|zhao|pretrain.sh
  141|141|COMPLETED|1795372850|1795378720|1795456492|77772|1440|cpu=16,gres/gpu=16,gres/gpu:a800=16|cpu=16,gres/gpu=16,gres/gpu:a800=16|a800-4,a800-5|robotics|sun|detect.sh
  145|145|FAILED|1795381839|1795417663|1795443614|25951|1440|cpu=16,gres/gpu=16,gres/gpu:a800=16|cpu=16,gres/gpu=16,gres/gpu:a800=16|a800-7,a800-8|nlp|li|pretrain.sh
  149|149|COMPLETED|1795384157|1795422009|1795430658|8649|480|cpu=16,gres/gpu=16,gres/gpu:a800=16|cpu=16,gres/gpu=16,gres/gpu:a800=16|a800-1,a800-2|nlp|zhao|sft.sh
  150|150|COMPLETED|1795386797|1795422009|1795577553|155544|2880|cpu=8,gres/gpu=8,gres/gpu:a800=8|cpu=8,gres/gpu=8,gres/gpu:a800=8|a800-3|robotics|sun|detect.sh
  154|154|COMPLETED|1795395643|1795395645|1795447537|51892|1440|cpu=8,gres/gpu=8,gres/gpu:rtx4090=8|cpu=8,gres/gpu=8,gres/gpu:rtx4090=8|rtx4090-3|nlp|zhao|sft.sh
  158|158|COMPLETED|1795406094|1795406096|1795483910|77814|1440|cpu=8,gres/gpu=8,gres/gpu:rtx4090=8|cpu=8,gres/gpu=8,gres/gpu:rtx4090=8|rtx4090-1|nlp|li|sft.sh
  161|161|COMPLETED|1795423651|1795430658|1795482553|51895|2880|cpu=16,gres/gpu=16,gres/gpu:a800=16|cpu=16,gres/gpu=16,gres/gpu:a800=16|a800-1,a800-6|vision|wu|detect.sh
  163|163|COMPLETED|1795436720|1795436722|1795514495|77773|1440|cpu=16,gres/gpu=16,gres/gpu:rtx4090=16|cpu=16,gres/gpu=16,gres/gpu:rtx4090=16|rtx4090-2,rtx4090-4|vision|wu|detect.sh
  164|164|COMPLETED|1795438734|1795443614|1795469544|25930|1440|cpu=16,gres/gpu=16,gres/gpu:a800=16|cpu=16,gres/gpu=16,gres/gpu:a800=16|a800-2,a800-7|vision|wu|policy.sh
  165|165|COMPLETED|1795450500|1795450502|1795606024|155522|2880|cpu=8,gres/gpu=8,gres/gpu:rtx4090=8|cpu=8,gres/gpu=8,gres/gpu:rtx4090=8|rtx4090-3|nlp|li|eval.sh
  166|166|COMPLETED|1795462040|1795462042|1795513887|51845|2880|cpu=8,gres/gpu=8,gres/gpu:a800=8|cpu=8,gres/gpu=8,gres/gpu:a800=8|a800-8|nlp|zhao|eval.sh
  170|170|TIMEOUT|1795478668|1795483910|1795491127|7217|120|cpu=8,gres/gpu=8,gres/gpu:rtx4090=8|cpu=8,gres/gpu=8,gres/gpu:rtx4090=8|rtx4090-1|nlp|zhao|pretrain.sh
  171|171|COMPLETED|1795493368|1795493370|1795571137|77767|1440|cpu=48,gres/gpu=48,gres/gpu:a800=48|cpu=48,gres/gpu=48,gres/gpu:a800=48|a800-1,a800-2,a800-4,a800-5,a800-6,a800-7|robotics|chen|policy.sh
  172|172|COMPLETED|1795508248|1795508250|1795586050|77800|1440|cpu=8,gres/gpu=8,gres/gpu:rtx4090=8|cpu=8,gres/gpu=8,gres/gpu:rtx4090=8|rtx4090-1|robotics|chen|seg.sh
  174|174|COMPLETED|1795525281|1795525283|1795542608|17325|480|cpu=16,gres/gpu=16,gres/gpu:rtx4090=16|cpu=16,gres/gpu=16,gres/gpu:rtx4090=16|rtx4090-2,rtx4090-4|robotics|chen|detect.sh
  175|175|COMPLETED|1795532431|1795571137|1795573304|2167|120|cpu=16,gres/gpu=16,gres/gpu:a800=16|cpu=16,gres/gpu=16,gres/gpu:a800=16|a800-1,a800-8|nlp|zhao|eval.sh
  177|177|COMPLETED|1795536046|1795571137|1795588471|17334|2880|cpu=16,gres/gpu=16,gres/gpu:a800=16|cpu=16,gres/gpu=16,gres/gpu:a800=16|a800-2,a800-4|nlp|zhao|sft.sh
  180|180|COMPLETED|1795543691|1795577553|1795578323|770|120|cpu=48,gres/gpu=48,gres/gpu:a800=48|cpu=48,gres/gpu=48,gres/gpu:a800=48|a800-1,a800-3,a800-5,a800-6,a800-7,a800-8|nlp|zhao|eval.sh
  184|184|TIMEOUT|1795550498|1795550500|1795723317|172817|2880|cpu=8,gres/gpu=8,gres/gpu:rtx4090=8|cpu=8,gres/gpu=8,gres/gpu:rtx4090=8|rtx4090-2|robotics|sun|detect.sh
  188|188|COMPLETED|1795556421|1795578323|1795604281|25958|1440|cpu=32,gres/gpu=32,gres/gpu:a800=32|cpu=32,gres/gpu=32,gres/gpu:a800=32|a800-1,a800-3,a800-5,a800-6|vision|wu|detect.sh
  191|191|TIMEOUT|1795569286|1795578323|1795607140|28817|480|cpu=8,gres/gpu=8,gres/gpu:a800=8|cpu=8,gres/gpu=8,gres/gpu:a800=8|a800-7|robotics|chen|detect.sh
  193|193|COMPLETED|1795577681|1795577683|1795629579|51896|1440|cpu=8,gres/gpu=8,gres/gpu:rtx4090=8|cpu=8,gres/gpu=8,gres/gpu:rtx4090=8|rtx4090-4|vision|wu|detect.sh
  195|195|COMPLETED|1795589373|1795589375|1795598052|8677|1440|cpu=8,gres/gpu=8,gres/gpu:rtx4090=8|cpu=8,gres/gpu=8,gres/gpu:rtx4090=8|rtx4090-1|nlp|li|sft.sh
  197|197|COMPLETED|1795602002|1795602004|1795627978|25974|480|cpu=8,gres/gpu=8,gres/gpu:rtx4090=8|cpu=8,gres/gpu=8,gres/gpu:rtx4090=8|rtx4090-1|vision|wu|policy.sh
  200|200|COMPLETED|1795610455|1795610457|1795627784|17327|480|cpu=16,gres/gpu=16,gres/gpu:a800=16|cpu=16,gres/gpu=16,gres/gpu:a800=16|a800-2,a800-8|robotics|chen|seg.sh
  203|203|COMPLETED|1795621056|1795621058|1795776606|155548|2880|cpu=8,gres/gpu=8,gres/gpu:rtx4090=8|cpu=8,gres/gpu=8,gres/gpu:rtx4090=8|rtx4090-3|vision|wu|seg.sh
  206|206|TIMEOUT|1795632491|1795632493|1795718910|86417|1440|cpu=16,gres/gpu=16,gres/gpu:a800=16|cpu=16,gres/gpu=16,gres/gpu:a800=16|a800-1,a800-4|nlp|zhao|sft.sh
  209|209|TIMEOUT|1795644501|1795644503|1795730920|86417|1440|cpu=16,gres/gpu=16,gres/gpu:a800=16|cpu=16,gres/gpu=16,gres/gpu:a800=16|a800-3,a800-5|nlp|li|sft.sh
  211|211|COMPLETED|1795654221|1795654223|1795656402|2179|120|cpu=16,gres/gpu=16,gres/gpu:rtx4090=16|cpu=16,gres/gpu=16,gres/gpu:rtx4090=16|rtx4090-1,rtx4090-4|nlp|li|pretrain.sh
  214|214|RUNNING|1795671551|1795671553|Unknown|152447|2880|cpu=16,gres/gpu=16,gres/gpu:a800=16|cpu=16,gres/gpu=16,gres/gpu:a800=16|a800-6,a800-7|nlp|li|eval.sh
  215|215|COMPLETED|1795677371|1795677373|1795686016|8643|1440|cpu=8,gres/gpu=8,gres/gpu:a800=8|cpu=8,gres/gpu=8,gres/gpu:a800=8|a800-2|nlp|zhao|eval.sh
  217|217|COMPLETED|1795683906|1795683908|1795709863|25955|480|cpu=8,gres/gpu=8,gres/gpu:rtx4090=8|cpu=8,gres/gpu=8,gres/gpu:rtx4090=8|rtx4090-1|vision|wu|seg.sh
  219|219|RUNNING|1795697072|1795697074|Unknown|126926|2880|cpu=8,gres/gpu=8,gres/gpu:rtx4090=8|cpu=8,gres/gpu=8,gres/gpu:rtx4090=8|rtx4090-4|nlp|li|sft.sh
  223|223|TIMEOUT|1795706804|1795706806|1795793223|86417|1440|cpu=8,gres/gpu=8,gres/gpu:a800=8|cpu=8,gres/gpu=8,gres/gpu:a800=8|a800-8|vision|wu|seg.sh
  226|226|COMPLETED|1795713984|1795713986|1795722631|8645|1440|cpu=8,gres/gpu=8,gres/gpu:a800=8|cpu=8,gres/gpu=8,gres/gpu:a800=8|a800-2|nlp|li|pretrain.sh
  227|227|TIMEOUT|1795717683|1795717685|1795746502|28817|480|cpu=8,gres/gpu=8,gres/gpu:rtx4090=8|cpu=8,gres/gpu=8,gres/gpu:rtx4090=8|rtx4090-1|robotics|sun|policy.sh
  229|229|COMPLETED|1795728203|1795746502|1795798348|51846|1440|cpu=16,gres/gpu=16,gres/gpu:rtx4090=16|cpu=16,gres/gpu=16,gres/gpu:rtx4090=16|rtx4090-1,rtx4090-2|nlp|li|sft.sh
  230|230|RUNNING|1795740148|1795740150|Unknown|83850|1440|cpu=32,gres/gpu=32,gres/gpu:a800=32|cpu=32,gres/gpu=32,gres/gpu:a800=32|a800-1,a800-2,a800-3,a800-4|robotics|chen|seg.sh
  231|231|RUNNING|1795751433|1795776606|Unknown|47394|1440|cpu=8,gres/gpu=8,gres/gpu:rtx4090=8|cpu=8,gres/gpu=8,gres/gpu:rtx4090=8|rtx4090-3|robotics|chen|seg.sh
  235|235|RUNNING|1795767704|1795798348|Unknown|25652|2880|cpu=8,gres/gpu=8,gres/gpu:rtx4090=8|cpu=8,gres/gpu=8,gres/gpu:rtx4090=8|rtx4090-1|nlp|zhao|pretrain.sh
  236|236|PENDING|1795772406|Unknown|Unknown|0|2880||cpu=16,gres/gpu=16,gres/gpu:rtx4090=16|None assigned|vision|wu|detect.sh
  237|237|PENDING|1795779717|Unknown|Unknown|0|1440||cpu=16,gres/gpu=16,gres/gpu:rtx4090=16|None assigned|vision|wu|detect.sh
  241|241|PENDING|1795791730|Unknown|Unknown|0|120||cpu=16,gres/gpu=16,gres/gpu:rtx4090=16|None assigned|nlp|li|sft.sh
  245|245|PENDING|1795797613|Unknown|Unknown|0|1440||cpu=8,gres/gpu=8,gres/gpu:rtx4090=8|None assigned|robotics|chen|detect.sh
  248|248|RUNNING|1795806168|1795806170|Unknown|17830|2880|cpu=16,gres/gpu=16,gres/gpu:a800=16|cpu=16,gres/gpu=16,gres/gpu:a800=16|a800-5,a800-8|nlp|li|eval.sh
  251|251|PENDING|1795815134|Unknown|Unknown|0|1440||cpu=16,gres/gpu=16,gres/gpu:a800=16|None assigned|nlp|zhao|sft.sh
  252|252|PENDING|1795822196|Unknown|Unknown|0|2880||cpu=8,gres/gpu=8,gres/gpu:a800=8|None assigned|vision|wu|policy.sh

at 0s   $ granary voucher grant --to lab --amount 60000 --programme city-vouchers --purpose pretrain --expires 2027-06-30
at 0s   $ granary account top-up vision --amount 20000
at 5d   $ granary import slurm --site east --file sacct-day-5.txt --as-of 2026-11-26T00:00:00Z
        exit 0
at 5d   $ granary voucher list
        exit 0  ~ dry 28 Nov
at 7d   $ granary import slurm --site east --file sacct-day-7.txt --as-of 2026-11-28T00:00:00Z
        exit 0
at 7d   $ granary alerts
        exit 0
end     books balanced, replay equal
